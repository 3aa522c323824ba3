using Lab.Runner.Processes;
using Lab.Runner.State;

namespace Lab.Runner.Topology;

/// <summary>What a machine must have before a lab can be made on it, checked before anything is.</summary>
public static class Requirements
{
    private static readonly (string Tool, string Package)[] Tools =
    [
        ("ip", "iproute2"), ("tc", "iproute2"), ("nsenter", "util-linux"), ("unshare", "util-linux"), ("setsid", "util-linux"), ("ping", "iputils-ping"),
        ("nft", "nftables"), ("ovsdb-server", "openvswitch-switch"), ("ovsdb-tool", "openvswitch-common"),
        ("ovs-vswitchd", "openvswitch-switch"), ("ovs-vsctl", "openvswitch-switch"), ("ovn-northd", "ovn-central"),
        ("ovn-nbctl", "ovn-common"), ("ovn-controller", "ovn-host"), ("containerd", "containerd"), ("ctr", "containerd"),
        ("runc", "runc"), ("qemu-system-x86_64", "qemu-system-x86"), ("lz4", "lz4"), ("cpio", "cpio"), ("dpkg-deb", "dpkg"), ("apt-get", "apt"),
    ];

    /// <summary>Refuses with one message that names all that is missing.</summary>
    /// <exception cref="LabException">Not root, or something is missing; the message names the package or kernel module.</exception>
    public static async Task CheckAsync(CancellationToken cancellationToken)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            throw new LabException("a lab is made of network namespaces and containers, which only root may make: run this with sudo");
        }

        string[] missing = [.. Tools.Where(t => !IsOnPath(t.Tool)).Select(t => $"{t.Tool} (package {t.Package})")];
        if (missing.Length > 0)
        {
            throw new LabException($"missing: {string.Join(", ", missing)}. `deploy/install.sh` installs what a lab needs");
        }

        string[] features = await MissingKernelFeaturesAsync(cancellationToken);
        if (features.Length > 0)
        {
            throw new LabException($"this kernel ({Environment.OSVersion.Version}) lacks: {string.Join("; ", features)}");
        }
    }

    /// <summary>Whether OVS can forward in the kernel: its module is loaded or loads.</summary>
    internal static async Task<bool> HasKernelDatapathAsync(CancellationToken cancellationToken)
    {
        if (Directory.Exists("/sys/module/openvswitch"))
        {
            return true;
        }

        // Debian's openvswitch-switch loads this module as well when its service starts; kmod may be absent in a container.
        return IsOnPath("modprobe")
            && (await Tool.TryRunAsync("modprobe", ["--quiet", "openvswitch"], cancellationToken)).ExitCode == 0
            && Directory.Exists("/sys/module/openvswitch");
    }

    internal static bool IsOnPath(string tool) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => folder.Length > 0 && File.Exists(Path.Combine(folder, tool)));

    private static async Task<string[]> MissingKernelFeaturesAsync(CancellationToken cancellationToken)
    {
        string path = Path.Combine(Path.GetTempPath(), $"fabric-lab-features-{Guid.NewGuid():N}.sh");
        try
        {
            await File.WriteAllTextAsync(path, Resource.Text("Topology.kernel-features.sh"), cancellationToken);
            string output = await Tool.RunAsync("/bin/sh", [path], cancellationToken);
            return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
