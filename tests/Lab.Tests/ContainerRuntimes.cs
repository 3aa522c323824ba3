using System.Text.Json.Nodes;
using Lab.Runner.Processes;
using Lab.Runner.State;

namespace Lab.Tests;

/// <summary>
/// Container runtimes without Kubernetes on a node of the lab, with a namespace and a Subnet of their own: <c>ctr</c>, which has the node's
/// containerd run containers and calls the plugins itself, and podman.
/// </summary>
public sealed class ContainerRuntimes(SharedLab lab) : IAsyncLifetime
{
    internal const string Namespace = "containers";
    internal const string Subnet = "containers";

    private static readonly string[] Commands = ["sh", "ip", "ping", "sleep"];

    private readonly string _folder = Directory.CreateTempSubdirectory("fabric-containers-").FullName;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private NodeRecord Node => lab.Lab.Record.Nodes[0];

    internal string NodeName => Node.Name;

    public async ValueTask InitializeAsync()
    {
        await lab.ApplyAsync(
            $$$"""
            {"apiVersion":"v1","kind":"List","items":[
             {"apiVersion":"v1","kind":"Namespace","metadata":{"name":"{{{Namespace}}}"}},
             {"apiVersion":"fabric.vmnet.io/v1alpha1","kind":"Subnet","metadata":{"name":"{{{Subnet}}}"},
              "spec":{"ipv4":{"cidr":"10.87.0.0/24"},"ipv6":{"cidr":"fd87::/64"},"defaultFor":["{{{Namespace}}}"]}}]}
            """);
        foreach (var folder in (string[])["rootfs/bin", "rootfs/proc", "rootfs/sys", "rootfs/dev", "rootfs/etc", "plugins", "networks", "podman"])
        {
            Directory.CreateDirectory(Path.Combine(_folder, folder));
        }

        File.Copy("/bin/busybox", Path.Combine(_folder, "rootfs/bin/busybox"));
        foreach (var command in Commands)
        {
            File.CreateSymbolicLink(Path.Combine(_folder, "rootfs/bin", command), "busybox");
        }

        File.CreateSymbolicLink(Path.Combine(_folder, "plugins/fabric-cni"), Repository.Cni);
        File.CreateSymbolicLink(Path.Combine(_folder, "plugins/tuning"), "/usr/lib/cni/tuning");
        await File.WriteAllTextAsync(
            Path.Combine(_folder, "networks/10-containers.conflist"),
            $$"""
            {"cniVersion":"1.0.0","name":"containers","plugins":[
             {"type":"fabric-cni","socket":"{{Node.CniSocket}}","namespace":"{{Namespace}}","capabilities":{"ips":true,"mac":true,"dns":true} },
             {"type":"tuning"}]}
            """,
            Cancelled);
        // Debian 12's podman speaks CNI only when told, and works with runc only.
        await File.WriteAllTextAsync(
            Path.Combine(_folder, "containers.conf"),
            $"""
            [containers]
            log_driver="k8s-file"
            default_ulimits=["nofile=1024:1024","nproc=4096:4096"]
            [network]
            network_backend="cni"
            cni_plugin_dirs=["{_folder}/plugins"]
            network_config_dir="{_folder}/networks"
            default_network="containers"
            [engine]
            cgroup_manager="cgroupfs"
            events_logger="file"
            runtime="runc"
            """,
            Cancelled);
    }

    public async ValueTask DisposeAsync()
    {
        await lab.RunAsync("delete", "nics", "-n", Namespace, "--all", "--timeout=50s");
        await lab.RunAsync("delete", "namespace", Namespace, "--timeout=50s");
        await lab.RunAsync("delete", "subnet", Subnet, "--timeout=50s");
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Runs ctr, which looks for plugins and networks in two folders of the machine only: here they are others.</summary>
    internal Task<string> CtrAsync(params string[] arguments) => Tool.RunAsync(
        "nsenter",
        [
            $"--net=/run/netns/{Node.Namespace}", "unshare", "--mount", "--propagation", "private", "sh", "-c",
            "mount -t tmpfs plugins /opt && mkdir -p /opt/cni/bin && mount --bind \"$1/plugins\" /opt/cni/bin && mount -t tmpfs networks /etc/cni && mkdir /etc/cni/net.d && mount --bind \"$1/networks\" /etc/cni/net.d && shift && exec \"$@\"",
            "ctr", _folder, "ctr", "--address", Node.CriSocket, "--namespace", "containers", .. arguments,
        ],
        Cancelled);

    /// <summary>The options of <c>ctr run</c> that keep everything of a container within the lab.</summary>
    internal string[] CtrRun(string id, params string[] command) =>
        ["--cni", "--runc-root", $"{Node.Folder}/ctr-runc", "--cgroup", $"/{lab.Lab.Record.Cgroup}/ctr-{id}", "--rootfs", $"{_folder}/rootfs", id, .. command];

    /// <summary>Runs a container with podman until it ends, and returns what it printed.</summary>
    internal Task<string> PodmanRunAsync(string[] options, params string[] command) => Tool.RunAsync(
        "nsenter",
        [
            $"--net=/run/netns/{Node.Namespace}", "env", $"CONTAINERS_CONF={_folder}/containers.conf",
            "podman", "--root", $"{_folder}/podman/root", "--runroot", $"{_folder}/podman/run", "--tmpdir", $"{_folder}/podman/tmp", "--storage-driver", "vfs",
            "run", "--rm", "--cgroup-parent", $"/{lab.Lab.Record.Cgroup}/podman", "--network", "containers", .. options, "--rootfs", $"{_folder}/rootfs", .. command,
        ],
        Cancelled);

    /// <summary>The Nics there are.</summary>
    internal async Task<JsonArray> NicsAsync() => (await lab.JsonAsync("get", "nics", "-n", Namespace))["items"]!.AsArray();

    /// <summary>Waits until nothing is left of any container: no Nic, and no address taken in the Subnet.</summary>
    internal async Task GoneAsync()
    {
        await SharedLab.UntilAsync("no Nic is left", async () => (await NicsAsync()).Count == 0);
        await SharedLab.UntilAsync("all addresses are free", async () => !(await lab.RunAsync("get", "ipclaims", "-o", "name")).Contains($"/{Subnet}", StringComparison.Ordinal));
    }
}
