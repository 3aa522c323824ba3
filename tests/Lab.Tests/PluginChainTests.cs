using System.Text.Json.Nodes;
using Fabric.Resources;
using Lab.Runner.Containerd;
using Lab.Runner.Processes;
using Lab.Runner.State;

namespace Lab.Tests;

/// <summary>
/// A chain of plugins as containerd's CRI calls it for a pod: two interfaces of Fabric's, and behind them Debian's plugins with what the
/// runtime fills in for their capabilities.
/// </summary>
[Collection(nameof(SharedLab))]
public sealed class PluginChainTests(SharedLab lab) : IAsyncLifetime
{
    private const string Subnet = "chained";
    private const string Pod = "chained";
    private const string Peer = "chained-peer";

    // containerd takes the first of the folder: before the node's own.
    private const string Network = "05-chained.conflist";

    private static readonly string[] Debian = ["tuning", "portmap"];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private NodeRecord Node => lab.Lab.Record.Nodes[0];

    private string Folder => $"{Node.Folder}/containerd/cni";

    public async ValueTask InitializeAsync()
    {
        await lab.ApplyAsync(
            $$"""
            {"apiVersion":"fabric.vmnet.io/v1alpha1","kind":"Subnet","metadata":{"name":"{{Subnet}}"},"spec":{"ipv4":{"cidr":"10.89.0.0/24"} } }
            """);
        foreach (var plugin in Debian)
        {
            File.CreateSymbolicLink($"{Folder}/bin/{plugin}", $"/usr/lib/cni/{plugin}");
        }

        // containerd reads the folder when a file in it is renamed, and not when one comes from elsewhere.
        await File.WriteAllTextAsync(
            $"{Folder}/conf/{Network}.new",
            $$"""
            {"cniVersion":"1.0.0","name":"fabric","plugins":[
             {"type":"fabric-cni","socket":"{{Node.CniSocket}}","capabilities":{"bandwidth":true} },
             {"type":"fabric-cni","socket":"{{Node.CniSocket}}","device":"net1"},
             {"type":"tuning","sysctl":{"net.ipv4.conf.eth0.arp_notify":"1"} },
             {"type":"portmap","capabilities":{"portMappings":true} }]}
            """,
            Cancelled);
        File.Move($"{Folder}/conf/{Network}.new", $"{Folder}/conf/{Network}");
        await IsReadAsync(chained: true);
    }

    public async ValueTask DisposeAsync()
    {
        // By the chain that made them.
        await lab.RunAsync("delete", "pod", Pod, Peer, "--ignore-not-found", "--timeout=50s");
        File.Delete($"{Folder}/conf/{Network}");
        await IsReadAsync(chained: false);
        foreach (var plugin in Debian)
        {
            File.Delete($"{Folder}/bin/{plugin}");
        }

        await lab.RunAsync("delete", "subnet", Subnet, "--timeout=50s");
    }

    [Fact]
    public async Task A_pods_two_interfaces_its_sysctl_and_its_ports_come_and_go_with_it()
    {
        await lab.ApplyAsync(SharedLab.PodManifest(Peer, Subnet, lab.Lab.Record.Nodes[1].Name));
        await lab.ApplyAsync(ChainedPod());
        await lab.WaitReadyAsync($"pod/{Peer}");
        await lab.WaitReadyAsync($"pod/{Pod}");

        var (first, second, peer) = (await AddressAsync(Pod, "eth0"), await AddressAsync(Pod, "net1"), await AddressAsync(Peer, "eth0"));
        Assert.StartsWith("10.80.0.", first, StringComparison.Ordinal);
        Assert.Equal("10.89.0.77", second);
        Assert.Equal(first, (string)(await lab.JsonAsync("get", "pod", Pod))["status"]!["podIP"]!);
        var devices = await InPodAsync("ip", "-o", "-4", "addr", "show");
        Assert.Contains($"eth0    inet {first}/24", devices, StringComparison.Ordinal);
        Assert.Contains($"net1    inet {second}/24", devices, StringComparison.Ordinal);
        Assert.Contains("dev eth0", await InPodAsync("ip", "route", "show", "default"), StringComparison.Ordinal);
        // The node may hear a moment later than the pod is ready that the peer is there, on the other.
        await SharedLab.UntilAsync("the peer answers", async () => (await lab.ExecAsync("default", Pod, "ping", "-c", "1", "-W", "2", "-I", "net1", peer)).ExitCode == 0);
        await InPodAsync("ping", "-c", "1", "-W", "10", "-I", "eth0", "10.80.0.1");
        Assert.Equal("1", (await InPodAsync("cat", "/proc/sys/net/ipv4/conf/eth0/arp_notify")).Trim());
        Assert.Contains($"{first}:7", await PortRulesAsync(), StringComparison.Ordinal);
        await SharedLab.UntilAsync("the Nic is held to its limit", async () => (string?)(await NicAsync(Pod, "eth0"))["status"]?["qos"]?["egress"]?["average"] == "20M");

        await lab.RunAsync("delete", "pod", Pod, "--timeout=50s");

        await SharedLab.UntilAsync("the pod's Nics are gone", async () => !(await lab.RunAsync("get", "nics", "-o", "name")).Contains($"/pod.{Pod}.", StringComparison.Ordinal));
        // The control plane takes them away when the pod goes, whether the chain has ended or not.
        await SharedLab.UntilAsync("its port leads nowhere", async () => !(await PortRulesAsync()).Contains($"{first}:7", StringComparison.Ordinal));
    }

    private string ChainedPod()
    {
        var pod = JsonNode.Parse(SharedLab.PodManifest(Pod, node: Node.Name))!;
        pod["metadata"]!["annotations"] = new JsonObject
        {
            [FabricApi.ForInterface(FabricApi.SubnetAnnotation, "net1")] = Subnet,
            [FabricApi.ForInterface(FabricApi.AddressesAnnotation, "net1")] = "10.89.0.77",
            // The lab's containerd fills in the capability from it, as that of a cluster does.
            ["kubernetes.io/egress-bandwidth"] = "20M",
        };
        pod["spec"]!["containers"]![0]!["ports"] = new JsonArray(new JsonObject { ["containerPort"] = 7, ["hostPort"] = 8007 });
        return pod.ToJsonString();
    }

    private Task<JsonNode> NicAsync(string pod, string device) => lab.JsonAsync("get", "nic", NicName.ForPod(pod, device));

    private async Task<string> AddressAsync(string pod, string device) => ((string)(await NicAsync(pod, device))["status"]!["addresses"]![0]!).Split('/')[0];

    private async Task<string> InPodAsync(params string[] command)
    {
        var result = await lab.ExecAsync("default", Pod, command);
        Assert.True(result.ExitCode == 0, $"{string.Join(' ', command)}: {result.Output}{result.Error}");
        return result.Output;
    }

    private Task<string> PortRulesAsync() => Tool.RunAsync("nsenter", [$"--net=/run/netns/{Node.Namespace}", "iptables-save", "-t", "nat"], Cancelled);

    private async Task IsReadAsync(bool chained)
    {
        using var cri = new Cri(Node.CriSocket);
        await SharedLab.UntilAsync(
            $"containerd has read that the network is {(chained ? "" : "no ")}chain",
            async () => (await cri.NetworksAsync(CancellationToken.None)).Contains("portmap", StringComparison.Ordinal) == chained);
    }
}
