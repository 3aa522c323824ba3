using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Lab.Runner.Processes;
using Lab.Runner.State;

namespace Lab.Runner.Containerd;

/// <summary>The images of the lab: Debian's static busybox alone, once to run and once to hold a pod's namespaces.</summary>
/// <remarks>
/// Written in the form that <c>docker save</c> writes and <c>ctr images import</c> reads, so that no registry is needed. The
/// image that runs stands in for whatever image a pod names: without a command of the pod's it answers TCP on port 7 (echo,
/// RFC 862) and ends at once when asked to.
/// </remarks>
public static class ContainerImage
{
    /// <summary>The image that pods run.</summary>
    public const string Name = "fabric.lab/busybox:1";

    /// <summary>The image whose only process holds a pod's namespaces.</summary>
    public const string Pause = "fabric.lab/pause:1";

    private const string Busybox = "/bin/busybox";
    private const UnixFileMode Executable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
    private const UnixFileMode Plain = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    // Process 1 of a container is deaf to a signal that it does not handle.
    private const string WaitScript = "#!/bin/sh\ntrap 'exit 0' TERM INT\nwhile :; do sleep 2147483647 & wait $!; done\n";
    private const string StandInScript = "#!/bin/sh\ntrap 'kill $! 2>/dev/null; exit 0' TERM INT\nwhile :; do nc -ll -p 7 -e cat & wait $!; sleep 1; done\n";

    /// <summary>Writes both images into one archive.</summary>
    /// <param name="path">The archive's path; written whole or not at all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="LabException">busybox is missing or is not the static one.</exception>
    public static async Task WriteAsync(string path, CancellationToken cancellationToken)
    {
        if (!File.Exists(Busybox))
        {
            throw new LabException($"missing: {Busybox} (package busybox-static)");
        }

        string applets = await Tool.RunAsync(Busybox, ["--list"], cancellationToken);
        byte[] layer = Layer(await File.ReadAllBytesAsync(Busybox, cancellationToken), applets.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        string temporary = path + ".new";
        using (FileStream file = File.Create(temporary))
        {
            WriteArchive(file, layer);
        }

        File.Move(temporary, path, overwrite: true);
    }

    internal static void WriteArchive(Stream target, byte[] layer)
    {
        string digest = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(layer));
        byte[] run = Config(digest, "/bin/stand-in");
        byte[] pause = Config(digest, "/bin/pause");
        ManifestItem[] manifest =
        [
            new() { Config = "run.json", RepoTags = [Name], Layers = ["layer.tar"] },
            new() { Config = "pause.json", RepoTags = [Pause], Layers = ["layer.tar"] },
        ];
        using var tar = new TarWriter(target, TarEntryFormat.Ustar, leaveOpen: true);
        Add(tar, "layer.tar", layer, Plain);
        Add(tar, "run.json", run, Plain);
        Add(tar, "pause.json", pause, Plain);
        Add(tar, "manifest.json", JsonSerializer.SerializeToUtf8Bytes(manifest, ImageJsonContext.Default.ManifestItemArray), Plain);
    }

    internal static byte[] Layer(byte[] busybox, IReadOnlyList<string> applets)
    {
        using var stream = new MemoryStream();
        using (var tar = new TarWriter(stream, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach (string folder in new[] { "bin", "dev", "etc", "proc", "sys", "tmp", "var", "var/run" })
            {
                tar.WriteEntry(Dated(new UstarTarEntry(TarEntryType.Directory, folder + "/") { Mode = folder == "tmp" ? Executable | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite | UnixFileMode.StickyBit : Executable }));
            }

            Add(tar, "bin/busybox", busybox, Executable);
            foreach (string applet in applets.Where(a => a is not "busybox"))
            {
                tar.WriteEntry(Dated(new UstarTarEntry(TarEntryType.SymbolicLink, $"bin/{applet}") { LinkName = "busybox" }));
            }

            Add(tar, "bin/pause", Encoding.ASCII.GetBytes(WaitScript), Executable);
            Add(tar, "bin/stand-in", Encoding.ASCII.GetBytes(StandInScript), Executable);
            Add(tar, "etc/passwd", "root:x:0:0:root:/:/bin/sh\n"u8.ToArray(), Plain);
            Add(tar, "etc/group", "root:x:0:\n"u8.ToArray(), Plain);
        }

        return stream.ToArray();
    }

    private static byte[] Config(string layerDigest, string entryPoint) => JsonSerializer.SerializeToUtf8Bytes(
        new ImageConfig
        {
            Architecture = "amd64",
            Os = "linux",
            Config = new RunConfig { Cmd = [entryPoint], Env = ["PATH=/bin"] },
            RootFs = new RootFs { Type = "layers", DiffIds = [layerDigest] },
        },
        ImageJsonContext.Default.ImageConfig);

    private static void Add(TarWriter tar, string name, byte[] content, UnixFileMode mode)
    {
        using var stream = new MemoryStream(content);
        tar.WriteEntry(Dated(new UstarTarEntry(TarEntryType.RegularFile, name) { Mode = mode, DataStream = stream }));
    }

    // The same content gives the same digest, whenever it is written.
    private static UstarTarEntry Dated(UstarTarEntry entry)
    {
        entry.ModificationTime = DateTimeOffset.UnixEpoch;
        return entry;
    }
}

internal sealed record ManifestItem
{
    [JsonPropertyName("Config")]
    public required string Config { get; init; }

    [JsonPropertyName("RepoTags")]
    public required string[] RepoTags { get; init; }

    [JsonPropertyName("Layers")]
    public required string[] Layers { get; init; }
}

internal sealed record ImageConfig
{
    public required string Architecture { get; init; }

    public required string Os { get; init; }

    public required RunConfig Config { get; init; }

    [JsonPropertyName("rootfs")]
    public required RootFs RootFs { get; init; }
}

internal sealed record RunConfig
{
    [JsonPropertyName("Cmd")]
    public required string[] Cmd { get; init; }

    [JsonPropertyName("Env")]
    public required string[] Env { get; init; }
}

internal sealed record RootFs
{
    public required string Type { get; init; }

    [JsonPropertyName("diff_ids")]
    public required string[] DiffIds { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ManifestItem[]))]
[JsonSerializable(typeof(ImageConfig))]
internal sealed partial class ImageJsonContext : JsonSerializerContext;
