using Lab.Runner.Processes;
using Lab.Runner.State;

namespace Lab.Runner.Tests.Topology;

public sealed class NetworkTests(ITestOutputHelper output)
{
    [NeedsRootFact]
    public async Task Two_nodes_carry_a_ping_between_ports_that_OVN_was_told_of()
    {
        await using TestLab lab = await TestLab.WithNetworkAsync(nodes: 2);
        output.WriteLine($"network up in {lab.NetworkTime.TotalMilliseconds:0} ms");
        await lab.NbctlAsync(
            "ls-add", "s", "--", "lsp-add", "s", "p1", "--", "lsp-set-addresses", "p1", "0a:00:00:00:00:01 10.0.0.1",
            "--", "lsp-add", "s", "p2", "--", "lsp-set-addresses", "p2", "0a:00:00:00:00:02 10.0.0.2");
        for (int i = 0; i < 2; i++)
        {
            NodeRecord node = lab.Record.Nodes[i];
            await Tool.RunAsync("ovs-vsctl", [$"--db=unix:{node.OvsSocket}", "add-port", "br-int", "p", "--", "set", "Interface", "p", "type=internal", $"external-ids:iface-id=p{i + 1}", $"mac=\"0a:00:00:00:00:0{i + 1}\""], TestContext.Current.CancellationToken);
            await TestLab.InAsync(node.Namespace, "ip", "address", "add", $"10.0.0.{i + 1}/24", "dev", "p");
            await TestLab.InAsync(node.Namespace, "ip", "link", "set", "p", "up", "mtu", "1500");
        }

        // A node says that a port is up when it has claimed and installed it, of which the other then still has to hear.
        await lab.NbctlAsync("wait-until", "Logical_Switch_Port", "p1", "up=true");
        await lab.NbctlAsync("wait-until", "Logical_Switch_Port", "p2", "up=true");
        await lab.NbctlAsync("--wait=hv", "sync");
        string ping = await TestLab.InAsync(lab.Record.Nodes[0].Namespace, "ping", "-c", "3", "-i", "0.2", "-s", "1472", "-M", "do", "-W", "10", "10.0.0.2");
        Assert.Contains(" 0% packet loss", ping, StringComparison.Ordinal);
    }

    [NeedsRootFact]
    public async Task A_node_cannot_write_the_rows_of_another()
    {
        await using TestLab lab = await TestLab.WithNetworkAsync(nodes: 2);
        await lab.NbctlAsync("--wait=hv", "sync");
        string pki = lab.Folder.Pki;
        ToolResult result = await Tool.TryRunAsync(
            "nsenter",
            [
                $"--net=/run/netns/{lab.Record.Nodes[0].Namespace}", "--", "ovn-sbctl", $"--db=ssl:{lab.Record.CentralAddress}:6642", "--timeout=20",
                "-p", $"{pki}/node1.key", "-c", $"{pki}/node1.pem", "-C", $"{pki}/ca.pem", "chassis-del", "node2",
            ],
            TestContext.Current.CancellationToken);
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("RBAC", result.Error, StringComparison.Ordinal);
    }
}
