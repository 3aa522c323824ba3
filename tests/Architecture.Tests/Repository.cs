using System.Xml.Linq;

namespace Architecture.Tests;

/// <summary>The files of the repository as they lie there; nothing is built or loaded.</summary>
internal static class Repository
{
    private static readonly string[] GeneratedFolders = ["bin", "obj", "artifacts", ".git", ".vs", ".idea"];

    public static string Root { get; } = FindRoot();

    /// <summary>Paths from the root with '/', without what builds leave behind.</summary>
    public static IReadOnlyList<string> Files { get; } =
        [.. Walk(new DirectoryInfo(Root)).Select(file => Path.GetRelativePath(Root, file.FullName)).Order(StringComparer.Ordinal)];

    public static IReadOnlyDictionary<string, Project> Projects { get; } =
        Files.Where(file => file.EndsWith(".csproj", StringComparison.Ordinal))
        .Select(file => new Project(file, XDocument.Load(FullPath(file))))
        .ToDictionary(project => project.Name);

    /// <summary>Everything that is not a test.</summary>
    public static IEnumerable<string> ProductFiles => Files.Where(file => !file.StartsWith("tests/", StringComparison.Ordinal));

    public static bool IsSource(string file) =>
        Path.GetExtension(file) is ".cs" or ".c" or ".h" or ".sh" or ".csproj" or ".props" or ".proto" or ".yaml";

    public static string FullPath(string file) => Path.Combine(Root, file);

    public static string[] Lines(string file) => File.ReadAllLines(FullPath(file));

    private static IEnumerable<FileInfo> Walk(DirectoryInfo folder) =>
        folder.EnumerateFiles().Concat(folder.EnumerateDirectories()
            .Where(child => !GeneratedFolders.Contains(child.Name) && child.LinkTarget is null)
            .SelectMany(Walk));

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Fabric.sln")))
                return folder.FullName;
        }
        throw new FileNotFoundException($"No folder above {AppContext.BaseDirectory} has Fabric.sln.");
    }
}

internal sealed class Project(string path, XDocument document)
{
    public string Path { get; } = path;

    public string Name { get; } = System.IO.Path.GetFileNameWithoutExtension(path);

    /// <summary>A test project, or one that only tests use.</summary>
    public bool IsTest => Path.StartsWith("tests/", StringComparison.Ordinal);

    public string[] ProjectReferences { get; } =
        [.. Includes(document, "ProjectReference").Select(System.IO.Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal)!];

    public string[] PackageReferences { get; } = [.. Includes(document, "PackageReference")];

    public string[] FrameworkReferences { get; } = [.. Includes(document, "FrameworkReference")];

    /// <summary>Package references that state a version of their own.</summary>
    public string[] VersionedPackages { get; } =
        [.. document.Descendants("PackageReference")
            .Where(reference => reference.Attribute("Version") is not null
                || reference.Attribute("VersionOverride") is not null || reference.HasElements)
            .Select(reference => reference.Attribute("Include")!.Value)];

    private static IEnumerable<string> Includes(XDocument document, string item) =>
        document.Descendants(item).Select(element => element.Attribute("Include")!.Value);
}
