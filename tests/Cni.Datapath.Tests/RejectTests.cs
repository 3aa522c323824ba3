using System.Net;
using System.Net.Sockets;
using Cni.Datapath.Tests.Rig;
using Cni.Datapath.Tests.Traffic;
using Fabric.Policy.Compiling;
using Fabric.Policy.Model;
using Fabric.Primitives;
using Fabric.Resources;
using Node.Testing;

namespace Cni.Datapath.Tests;

/// <summary>Rules that tell the sender, and rules that tell the log.</summary>
public sealed class RejectTests(FastPathRig rig)
{
    private static PolicyEndpoint Nic(string name, int number) => new()
    {
        Nic = new("shop", name),
        Vpc = "v",
        Labels = [KeyValuePair.Create("app", name)],
        Addresses = [IpAddress.Parse($"10.0.1.{number}"), IpAddress.Parse($"fd00:1::{number}")],
    };

    private static LabelSelector App(string app) => new() { MatchLabels = [KeyValuePair.Create("app", app)] };

    private static CompiledPolicy Group(string name, string bound, PolicyDirection direction, params SecurityRule[] rules) => SecurityGroupCompiler.Compile(new()
    {
        Metadata = new() { Namespace = "shop", Name = name },
        Spec = new()
        {
            Selector = App(bound),
            IngressDefault = SecurityDefault.Pass,
            Ingress = direction == PolicyDirection.Ingress ? [.. rules] : [],
            Egress = direction == PolicyDirection.Egress ? [.. rules] : [],
        },
    });

    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [InlineData("ingress", false, false)]
    [InlineData("ingress", true, false)]
    [InlineData("ingress", true, true)]
    [InlineData("egress", false, false)]
    [InlineData("egress", true, false)]
    [InlineData("egress", true, true)]
    public async Task Whom_a_rule_rejects_is_told_at_once(string direction, bool otherNode, bool isIsolated)
    {
        await using var guarded = await GuardedPods.StartAsync(rig);
        var web = await guarded.AddAsync(otherNode ? rig.Node2 : rig.Node1, Nic("web", 10));
        var client = await guarded.AddAsync(rig.Node1, Nic("client", 11));
        SecurityRule reject = new() { Action = SecurityAction.Reject, Peers = [new() { PodSelector = App(direction == "ingress" ? "client" : "web") }] };
        await guarded.ApplyAsync(direction == "ingress" ? Group("guard", "web", PolicyDirection.Ingress, reject) : Group("guard", "client", PolicyDirection.Egress, reject));
        // Nobody may connect to the client, and he is told all the same.
        if (isIsolated)
            await guarded.ApplyAsync(NetworkPolicyCompiler.Compile(new() { Metadata = new() { Namespace = "shop", Name = "isolated" }, Spec = new() { PodSelector = App("client") } }));
        foreach (var v6 in (bool[])[false, true])
        {
            var to = new IPEndPoint(web.Of(v6), rig.NextPort());
            using var listener = PodSocket.Tcp(web, to.Address, to.Port);
            listener.Listen(1);
            using var tcp = PodSocket.Tcp(client, client.Of(v6));
            var refused = await Assert.ThrowsAsync<SocketException>(() => tcp.ConnectAsync(to, TestContext.Current.CancellationToken).AsTask());
            Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);

            using var echo = new UdpEcho(web, to.Address, to.Port);
            using var udp = PodSocket.Udp(client, client.Of(v6));
            udp.Connect(to);
            udp.ReceiveTimeout = 500;
            var told = SocketError.Success;
            // ICMP may be lost, and is asked for again.
            await Eventually.HoldsAsync(() => (told = Ask(udp)) is not (SocketError.TimedOut or SocketError.WouldBlock));
            Assert.Equal(SocketError.ConnectionRefused, told);
            Assert.Equal(0, echo.Seen);
        }

        static SocketError Ask(Socket socket)
        {
            try
            {
                socket.Send([1]);
                socket.Receive(new byte[8]);
                return SocketError.Success;
            }
            catch (SocketException e)
            {
                return e.SocketErrorCode;
            }
        }
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task What_a_rule_decides_is_in_the_log_of_its_Nics_node_by_name_if_it_says_so()
    {
        await using var guarded = await GuardedPods.StartAsync(rig);
        var web = await guarded.AddAsync(rig.Node2, Nic("web", 10));
        var client = await guarded.AddAsync(rig.Node1, Nic("client", 11));
        var (open, quiet, closed) = (rig.NextPort(), rig.NextPort(), rig.NextPort());
        await guarded.ApplyAsync(Group(
            "logged", "web", PolicyDirection.Ingress,
            Udp(open) with { Log = true }, Udp(quiet), Udp(closed) with { Log = true, Action = SecurityAction.Deny, Priority = 7 }));
        foreach (var port in (int[])[quiet, open, closed])
        {
            using var echo = new UdpEcho(web, web.Ip, port);
            using var flow = new UdpClientFlow(client, client.Ip, port, web.Ip, port);
            if (port == closed)
                Assert.False(flow.TryExchange(timeoutMilliseconds: 200));
            else
                await Eventually.HoldsAsync(() => flow.TryExchange(timeoutMilliseconds: 200));
        }

        await Eventually.HoldsAsync(() => Logged(open) && Logged(closed));
        Assert.All(Lines(open), line => Assert.Contains("name=\"sg shop/logged ingress[0]\", verdict=allow, severity=info, direction=to-lport", line, StringComparison.Ordinal));
        Assert.All(Lines(closed), line => Assert.Contains("name=\"sg shop/logged ingress[2]\", verdict=drop, severity=info, direction=to-lport", line, StringComparison.Ordinal));
        Assert.False(Logged(quiet));

        bool Logged(int port) => Lines(port).Any();

        IEnumerable<string> Lines(int port) => rig.Node2.ControllerLog()
            .Where(line => line.Contains("acl_log", StringComparison.Ordinal) && line.Contains($"tp_dst={port}", StringComparison.Ordinal));

        static SecurityRule Udp(int port) => new() { Protocol = SecurityProtocol.UDP, Ports = [new() { Port = port }] };
    }
}
