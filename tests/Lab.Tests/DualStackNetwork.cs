using System.Text.Json.Nodes;
using Fabric.Resources;
using Lab.Runner.Processes;

namespace Lab.Tests;

/// <summary>
/// Two subnets of both families and one of IPv6 alone, with pods and VMs on both nodes: made once for the tests that look
/// at it, and gone after them.
/// </summary>
public sealed class DualStackNetwork(SharedLab lab) : IAsyncLifetime
{
    internal const string Left = "dual-left";
    internal const string Right = "dual-right";
    internal const string Six = "six";

    private static readonly string[] Pods = ["one", "two", "sixpod"];

    private static readonly string[] Vms = ["web", "sixvm", "behind"];

    public async ValueTask InitializeAsync()
    {
        await lab.ApplyAsync(SubnetManifest(Left, """{"ipv4":{"cidr":"10.86.1.0/24"},"ipv6":{"cidr":"fd86:1::/64"}}"""));
        await lab.ApplyAsync(SubnetManifest(
            Right,
            """
            {"ipv4":{"cidr":"10.86.2.0/24"},"ipv6":{"cidr":"fd86:2::/64"},
             "dhcp":{"dnsServers":["10.86.2.53","fd86:2::53"],"routes":[{"destination":"192.168.0.0/16","nextHop":"10.86.2.9"}]}}
            """));
        await lab.ApplyAsync(SubnetManifest(Six, """{"ipv6":{"cidr":"fd86:6::/64"}}"""));
        await lab.ApplyAsync(SharedLab.PodManifest("one", Left, "node1"));
        await lab.ApplyAsync(SharedLab.PodManifest("two", Left, "node2"));
        await lab.ApplyAsync(SharedLab.PodManifest("sixpod", Six, "node1"));
        await lab.ApplyAsync(VmManifest("web", Right, "node2", "bridge"));
        await lab.ApplyAsync(VmManifest("sixvm", Six, "node2", "bridge"));
        await lab.ApplyAsync(VmManifest("behind", Left, "node1", "masquerade"));
        foreach (var what in Pods.Select(pod => $"pod/{pod}").Concat(Vms.Select(vm => $"vmi/{vm}")))
        {
            await lab.WaitReadyAsync(what);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await lab.RunAsync(["delete", "vmi", .. Vms, "--ignore-not-found", "--timeout=50s"]);
        await lab.RunAsync(["delete", "pod", .. Pods, "--ignore-not-found", "--timeout=50s"]);
        await lab.RunAsync("delete", "subnet", Left, Right, Six, "--ignore-not-found", "--timeout=50s");
    }

    internal static bool IsVm(string workload) => Vms.Contains(workload);

    /// <summary>The addresses of the workload's Nic, with prefix lengths, IPv4 first.</summary>
    internal async Task<string[]> AddressesAsync(string workload)
    {
        var nic = await lab.JsonAsync("get", "nic", IsVm(workload) ? $"vm.{workload}.lan" : $"pod.{workload}.eth0");
        return [.. nic["status"]!["addresses"]!.AsArray().Select(address => (string)address!)];
    }

    /// <summary>The Nic's address of a family, <c>4</c> or <c>6</c>, without prefix length.</summary>
    internal async Task<string> AddressAsync(string workload, int family) =>
        (await AddressesAsync(workload)).Single(address => address.Contains(':', StringComparison.Ordinal) == (family == 6)).Split('/')[0];

    /// <summary>Runs a shell command in a pod, or in a VM's guest.</summary>
    internal Task<ToolResult> RunInAsync(string workload, string command) =>
        IsVm(workload) ? lab.GuestExecAsync("default", workload, "sh", "-c", command) : lab.ExecAsync("default", workload, "sh", "-c", command);

    /// <summary>Whether echo requests are answered: one may be asked for again and again, and more are to be answered, however slow the guest is.</summary>
    internal async Task<bool> PingsAsync(string from, string address, int count = 3) =>
        (await RunInAsync(from, $"ping -q -c {count} -i 0.2 -W {(count == 1 ? 2 : 10)} {address}")).ExitCode == 0;

    /// <summary>How many IPv6 echo requests have arrived there, whoever they say they are from (RFC 2466).</summary>
    internal async Task<long> EchosReceivedAsync(string workload)
    {
        var result = await RunInAsync(workload, "grep '^Icmp6InEchos' /proc/net/snmp6");
        return long.Parse(result.Output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1]);
    }

    private static string SubnetManifest(string name, string spec) => new JsonObject
    {
        ["apiVersion"] = FabricApi.ApiVersion, ["kind"] = "Subnet", ["metadata"] = new JsonObject { ["name"] = name }, ["spec"] = JsonNode.Parse(spec),
    }.ToJsonString();

    private static string VmManifest(string name, string subnet, string node, string binding) => """
        {"apiVersion":"kubevirt.io/v1","kind":"VirtualMachineInstance",
         "metadata":{"name":"NAME","namespace":"default","annotations":{"fabric.vmnet.io/subnet":"SUBNET"}},
         "spec":{"networks":[{"name":"lan","pod":{}}],"nodeSelector":{"kubernetes.io/hostname":"NODE"},"terminationGracePeriodSeconds":0,
          "domain":{"devices":{"interfaces":[{"name":"lan","BINDING":{}}]},"memory":{"guest":"128Mi"}}}}
        """.Replace("NAME", name, StringComparison.Ordinal).Replace("SUBNET", subnet, StringComparison.Ordinal)
        .Replace("NODE", node, StringComparison.Ordinal).Replace("BINDING", binding, StringComparison.Ordinal);
}
