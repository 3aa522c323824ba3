using System.Text;
using Fabric.Cli.Terminal;

namespace Fabric.Cli.Manifests;

/// <summary>Finds and reads what <c>-f</c> names: files, folders of files, and <c>-</c> for standard input.</summary>
internal static class ManifestFiles
{
    private const string StandardInput = "standard input";

    /// <param name="names">What <c>-f</c> was given.</param>
    /// <param name="recursive">Whether folders in folders are read too.</param>
    /// <param name="input">Standard input.</param>
    /// <returns>Every document, in the order of the names, and of the files' names in a folder.</returns>
    /// <exception cref="CommandFailure">A file cannot be read, or there is no document.</exception>
    public static IReadOnlyList<Manifest> Read(IReadOnlyList<string> names, bool recursive, Func<Stream> input)
    {
        var manifests = new List<Manifest>();
        foreach (var name in names)
        {
            if (name == "-")
            {
                using var stream = input();
                manifests.AddRange(ManifestReader.Read(StandardInput, Text(StandardInput, stream)));
                continue;
            }

            foreach (var file in Expand(name, recursive))
                manifests.AddRange(ManifestReader.Read(file, Text(file)));
        }

        return manifests.Count > 0 ? manifests : throw new CommandFailure($"no objects in {string.Join(", ", names)}");
    }

    private static string[] Expand(string name, bool recursive)
    {
        if (!Directory.Exists(name))
            return [name];
        var files = Directory.EnumerateFiles(name, "*", recursive ? SearchOption.AllDirectories : SearchOption.TopDirectoryOnly)
            .Where(file => Path.GetExtension(file) is ".yaml" or ".yml" or ".json")
            .Order(StringComparer.Ordinal)
            .ToArray();
        return files.Length > 0 ? files : throw new CommandFailure($"{name}: the folder has no .yaml, .yml or .json file" + (recursive ? "" : "; --recursive looks into its folders too"));
    }

    private static string Text(string file)
    {
        try
        {
            using var stream = File.OpenRead(file);
            return Text(file, stream);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CommandFailure($"the path \"{file}\" does not exist");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailure($"{file}: cannot be read: {e.Message}");
        }
    }

    private static string Text(string source, Stream stream)
    {
        try
        {
            // A byte order mark is taken off, and says UTF-16 where it is that.
            using var reader = new StreamReader(stream, new UTF8Encoding(false, throwOnInvalidBytes: true), detectEncodingFromByteOrderMarks: true);
            return reader.ReadToEnd();
        }
        catch (DecoderFallbackException)
        {
            throw new CommandFailure($"{source}: the text is not UTF-8: save it as UTF-8");
        }
    }
}
