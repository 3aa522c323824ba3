using System.Text.Json.Nodes;
using Fabric.Cli.Tests.Testing;

namespace Fabric.Cli.Tests.Tracing;

/// <summary><c>fabric trace</c> and <c>fabric why</c> on a real API server, beside OVN's northd and ovn-trace.</summary>
[Trait("kind", "ovs")]
public sealed class TraceTests(TracedNetwork network) : IClassFixture<TracedNetwork>
{
    private Task<Ran> TraceAsync(string line) => network.Server.RunAsync($"trace {line} --ovn-sb {network.Southbound}");

    [Fact]
    public async Task Everything_that_is_asked_is_answered_by_the_objects_and_by_OVN_alike()
    {
        var allowed = await TraceAsync("pod/client pod/web --proto tcp --port 80");
        Assert.Equal((0, ""), (allowed.Code, allowed.Error));
        Assert.Equal(
            """
            packet     TCP 80 from 10.0.1.6 (Nic default/n6) to 10.0.2.5 (Nic default/n5)
            way        port default/n6 on node1 -> switch subnet.s1 -> router vpc.v -> switch subnet.s2 -> port default/n5 on node1
            sender     Allow by SecurityGroup default/quiet egress default
            receiver   Allow by NetworkPolicy default/web ingress[0]
            verdict    allowed
            OVN        delivered, last by NetworkPolicy default/web ingress[0]
            """.ReplaceLineEndings("\n"), string.Join('\n', allowed.Lines.Where(line => !line.StartsWith("fast path", StringComparison.Ordinal))));

        var other = await TraceAsync("n7 n5 --proto tcp --port 80");
        Assert.Equal(2, other.Code);
        Assert.Contains("verdict    dropped by NetworkPolicy default/web ingress default at the port of the receiver, Nic default/n5", other.Lines);
        Assert.Contains("OVN        ended in ls_out_acl, last by NetworkPolicy default/web ingress default", other.Lines);

        var rejected = await TraceAsync("default/pod/client n7 --proto udp --port 53 -6");
        Assert.Equal(2, rejected.Code);
        Assert.Contains("verdict    dropped by SecurityGroup default/quiet egress[0] at the port of the sender, Nic default/n6", rejected.Lines);
        Assert.Contains(rejected.Lines, line => line.StartsWith("OVN        ended in ", StringComparison.Ordinal) && line.EndsWith("last by SecurityGroup default/quiet egress[0]", StringComparison.Ordinal));

        var fromOutside = await TraceAsync("192.0.2.1 pod/web --proto tcp --port 80 -o json");
        Assert.Equal(2, fromOutside.Code);
        var json = JsonNode.Parse(fromOutside.Output)!;
        Assert.Equal("NetworkPolicy default/web ingress default", json["ingress"]!.GetValue<string>());
        Assert.False(json["arrives"]!.GetValue<bool>());

        Assert.Equal(0, (await TraceAsync("pod/web pod/other")).Code);
    }

    [Fact]
    public async Task A_way_between_nodes_to_a_VM_goes_through_a_tunnel()
    {
        var ran = await TraceAsync("pod/other vm/db --proto tcp --port 5432");
        Assert.Equal((0, ""), (ran.Code, ran.Error));
        Assert.Contains("way        port default/n7 on node1 -> switch subnet.s1 -> tunnel node1 to node2 -> port default/n8 on node2", ran.Lines);
        Assert.Contains("receiver   Allow by SecurityGroup default/floor ingress[0]", ran.Lines);
        Assert.Contains("OVN        delivered, last by SecurityGroup default/floor ingress[0]", ran.Lines);
        Assert.Equal(2, (await TraceAsync("vm/db pod/web --proto tcp --port 80")).Code);
    }

    [Fact]
    public async Task Why_lists_the_tiers_in_order_and_what_a_VM_is_held_to()
    {
        var ran = await network.Server.OkAsync("why vm/db");
        Assert.Equal(
            [
                "ingress allow TCP 22 everybody SecurityGroup default/rich ingress[0]",
                "ingress allow TCP 5432 everybody SecurityGroup default/floor ingress[0]",
                "ingress deny everything everybody SecurityGroup default/floor ingress default",
                "egress allow everything everybody no policy says otherwise",
                "ingress limit 1G bit/s everybody, with all of Subnet s1 on the node QosPolicy fair",
                "egress limit 100M bit/s, peak 200M, burst 256Ki bytes everybody QosPolicy gold",
                "egress mark priority 5 everybody QosPolicy gold",
            ],
            ran.Lines.Skip(4).Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries))));
    }

    [Theory]
    [InlineData("trace pod/nobody pod/web", "there is no Nic of pod/nobody in namespace default")]
    [InlineData("trace pod/web 192.0.2.1 --port 80", "ICMP has no ports")]
    [InlineData("trace pod/web 192.0.2.1 --proto tcp", "which port of tcp")]
    [InlineData("trace pod/web 192.0.2.1 --proto tcp --port 70000", "give 1 to 65535")]
    [InlineData("trace 192.0.2.1 192.0.2.2", "neither 192.0.2.1 nor 192.0.2.2 is a Nic's")]
    [InlineData("trace pod/web pod/other --ovn-sb unix:/nowhere", "")]
    [InlineData("why n9", "there is no Nic of n9 in namespace default")]
    public async Task What_cannot_be_asked_is_said(string line, string message)
    {
        var ran = await network.Server.RunAsync(line);
        Assert.Contains(message, ran.Error, StringComparison.Ordinal);
        Assert.Equal(message.Length > 0 ? 1 : 0, ran.Code);
    }

    [Fact]
    public async Task Why_lists_what_applies_in_order()
    {
        var ran = await network.Server.OkAsync("why pod/web");
        Assert.Equal(
            [
                "DIRECTION ACTION TRAFFIC PEERS BY",
                "egress deny everything sources but 0a:58:00:00:00:05 10.0.2.5 fd00:2::5 spoof guard",
                "egress deny answers of a DHCP server everybody spoof guard",
                "egress deny router advertisements everybody spoof guard",
                "ingress allow TCP 80 [app=client] of namespace default NetworkPolicy default/web ingress[0]",
                "ingress deny everything everybody NetworkPolicy default/web ingress default",
                "egress allow everything everybody no policy says otherwise",
            ],
            ran.Lines.Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries))));
    }
}
