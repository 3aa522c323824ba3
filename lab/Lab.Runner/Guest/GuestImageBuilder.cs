using System.Security.Cryptography;
using System.Text;
using Lab.Runner.Processes;
using Lab.Runner.State;

namespace Lab.Runner.Guest;

/// <summary>
/// Makes the lab's guest from Debian's own packages: the cloud kernel, of which only the virtio network modules are kept,
/// busybox, ISC's DHCP client, because Debian's busybox has none for IPv6, and an echo and a flood of datagrams. Nothing is installed; the packages are
/// fetched and taken apart in the cache folder.
/// </summary>
/// <param name="cache">The folder that keeps images; one is reused until this builder or its scripts change.</param>
public sealed class GuestImageBuilder(string cache)
{
    private const string Busybox = "/bin/busybox";

    /// <summary>What the DHCPv6 client is linked with: this machine's.</summary>
    private static readonly string[] Libraries = ["/lib64/ld-linux-x86-64.so.2", "/lib/x86_64-linux-gnu/libc.so.6"];

    // In the order in which they depend on each other, below the kernel's module folder.
    private static readonly string[] Modules =
    [
        "drivers/virtio/virtio_ring", "drivers/virtio/virtio", "drivers/virtio/virtio_pci_modern_dev",
        "drivers/virtio/virtio_pci_legacy_dev", "drivers/virtio/virtio_pci", "net/core/failover", "drivers/net/net_failover",
        "drivers/net/virtio_net",
    ];

    private static string Init => Resource.Text("Guest.init");

    private static string Dhcp => Resource.Text("Guest.dhcp.sh");

    private static string Dhcp6 => Resource.Text("Guest.dhcp6.sh");

    private static byte[] Echo => Resource.Bytes("Guest.echo");

    private static byte[] Flood => Resource.Bytes("Guest.flood");

    /// <summary>The folder that the image is in, or will be.</summary>
    public string Folder => Path.Combine(cache, $"guest-{Convert.ToHexStringLower(SHA256.HashData([.. Encoding.UTF8.GetBytes(Init + Dhcp + Dhcp6 + string.Join(' ', Modules)), .. Echo, .. Flood]).AsSpan(0, 6))}");

    /// <summary>The image, made now if it is not there.</summary>
    /// <exception cref="ToolException">A package could not be fetched or taken apart.</exception>
    /// <exception cref="LabException">The machine cannot make it.</exception>
    public async Task<GuestImage> GetAsync(IProgress<string>? progress, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(Folder))
        {
            progress?.Report("making the guest from Debian's packages");
            await BuildAsync(cancellationToken);
        }

        return GuestImage.In(Folder);
    }

    private async Task BuildAsync(CancellationToken cancellationToken)
    {
        if (!File.Exists(Busybox))
        {
            throw new LabException($"missing: {Busybox} (package busybox-static)");
        }

        Directory.CreateDirectory(cache);
        var work = Path.Combine(cache, $".making-{Guid.NewGuid():N}");
        try
        {
            var package = Path.Combine(work, "package");
            Directory.CreateDirectory(package);
            await FetchAsync(package, cancellationToken);

            var image = Path.Combine(work, "image");
            Directory.CreateDirectory(image);
            await ExtractKernelAsync(package, Path.Combine(image, "vmlinux"), cancellationToken);
            var root = Path.Combine(work, "root");
            LayOutRoot(package, root);
            await PackAsync(root, Path.Combine(image, "initramfs"), cancellationToken);
            Publish(image);
        }
        finally
        {
            if (Directory.Exists(work))
            {
                Directory.Delete(work, recursive: true);
            }
        }
    }

    /// <summary>Two labs may make it at once: the first one's stays.</summary>
    private void Publish(string image)
    {
        try
        {
            Directory.Move(image, Folder);
        }
        catch (IOException) when (Directory.Exists(Folder))
        {
            // The other one's image is the same.
        }
    }

    private static async Task FetchAsync(string folder, CancellationToken cancellationToken)
    {
        const string Fetch = """
            cd "$1"
            kernel() { apt-cache depends linux-image-cloud-amd64 2>/dev/null | sed -n 's/^ *Depends: \(linux-image-[^ ]*\)$/\1/p' | head -n 1; }
            fetch() {
              name=$(kernel)
              [ -n "$name" ] || { echo "Debian's package lists have no linux-image-cloud-amd64" >&2; return 1; }
              apt-get -o APT::Sandbox::User=root download -qq "$name" isc-dhcp-client
            }
            if ! fetch 2>/dev/null; then
              apt-get update -qq
              fetch
            fi
            for each in *.deb; do dpkg-deb -x "$each" .; done
            """;
        await Tool.RunAsync("/bin/sh", ["-ec", Fetch, "sh", folder], cancellationToken);
    }

    private static async Task ExtractKernelAsync(string package, string target, CancellationToken cancellationToken)
    {
        var compressed = Directory.GetFiles(Path.Combine(package, "boot"), "vmlinuz-*").Single();
        var payload = BzImage.Lz4Payload(await File.ReadAllBytesAsync(compressed, cancellationToken));
        await using (var stream = File.Create(target + ".lz4"))
        {
            await stream.WriteAsync(payload, cancellationToken);
        }

        await Tool.RunAsync("lz4", ["-d", "-q", "-f", target + ".lz4", target], cancellationToken);
        File.Delete(target + ".lz4");
    }

    private static void LayOutRoot(string package, string root)
    {
        foreach (var folder in new[] { "bin", "dev", "etc", "lib/modules", "lib/x86_64-linux-gnu", "lib64", "proc", "sys", "tmp" })
        {
            Directory.CreateDirectory(Path.Combine(root, folder));
        }

        File.Copy(Busybox, Path.Combine(root, "bin/busybox"));
        File.CreateSymbolicLink(Path.Combine(root, "bin/sh"), "busybox");
        File.Copy(Path.Combine(package, "sbin/dhclient"), Path.Combine(root, "bin/dhclient"));
        foreach (var library in Libraries)
        {
            File.Copy(library, root + library);
        }

        var modules = Directory.GetDirectories(Path.Combine(package, "lib/modules")).Single();
        foreach (var module in Modules)
        {
            File.Copy(Path.Combine(modules, "kernel", module + ".ko"), Path.Combine(root, "lib/modules", Path.GetFileName(module) + ".ko"));
        }

        File.WriteAllLines(Path.Combine(root, "lib/modules/order"), Modules.Select(module => Path.GetFileName(module) + ".ko"));
        WriteProgram(Path.Combine(root, "init"), Encoding.UTF8.GetBytes(Init));
        WriteProgram(Path.Combine(root, "etc/dhcp"), Encoding.UTF8.GetBytes(Dhcp));
        WriteProgram(Path.Combine(root, "etc/dhcp6"), Encoding.UTF8.GetBytes(Dhcp6));
        WriteProgram(Path.Combine(root, "bin/echo-datagrams"), Echo);
        WriteProgram(Path.Combine(root, "bin/flood-datagrams"), Flood);
    }

    private static void WriteProgram(string path, byte[] bytes)
    {
        File.WriteAllBytes(path, bytes);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
    }

    private static Task<string> PackAsync(string root, string target, CancellationToken cancellationToken) =>
        Tool.RunAsync(
            "/bin/sh",
            ["-ec", "cd \"$1\"; find . | LC_ALL=C sort | cpio -o -H newc -R 0:0 --quiet >\"$2\"", "sh", root, target],
            cancellationToken);
}
