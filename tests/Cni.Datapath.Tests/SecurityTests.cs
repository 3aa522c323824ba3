using System.Net;
using System.Net.Sockets;
using Cni.Datapath.Tests.Rig;
using Cni.Datapath.Tests.Traffic;
using Fabric.Policy.Compiling;
using Fabric.Policy.Evaluating;
using Fabric.Policy.Model;
using Fabric.Primitives;
using Fabric.Realization;
using Fabric.Realization.Tests;
using Fabric.Resources;
using Fabric.Resources.Core;
using Node.Testing;

namespace Cni.Datapath.Tests;

/// <summary>Policies and the spoof guard with real packets, on the rows that the product writes.</summary>
public sealed class SecurityTests(FastPathRig rig)
{
    private static PolicyEndpoint Nic(string name, int number, string app) => new()
    {
        Nic = new("shop", name),
        Vpc = "v",
        Labels = [KeyValuePair.Create("app", app)],
        Addresses = [IpAddress.Parse($"10.0.1.{number}"), IpAddress.Parse($"fd00:1::{number}")],
    };

    private static CompiledPolicy Allow(params string[] from) => NetworkPolicyCompiler.Compile(new()
    {
        Metadata = new() { Namespace = "shop", Name = "web" },
        Spec = new()
        {
            PodSelector = new() { MatchLabels = [KeyValuePair.Create("app", "web")] },
            Ingress = [.. from.Select(app => new NetworkPolicyIngressRule { From = [new() { PodSelector = new() { MatchLabels = [KeyValuePair.Create("app", app)] } }] })],
        },
    });

    /// <summary>A group that denies some, and says nothing of others.</summary>
    private static CompiledPolicy Ban(params string[] from) => SecurityGroupCompiler.Compile(new()
    {
        Metadata = new() { Namespace = "shop", Name = "ban" },
        Spec = new()
        {
            Selector = new() { MatchLabels = [KeyValuePair.Create("app", "web")] },
            IngressDefault = SecurityDefault.Pass,
            Ingress =
            [
                .. from.Select(app => new SecurityRule
                {
                    Action = SecurityAction.Deny,
                    Priority = 1,
                    Peers = [new() { PodSelector = new() { MatchLabels = [KeyValuePair.Create("app", app)] } }],
                }),
            ],
        },
    });

    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [InlineData(12)]
    [InlineData(21)]
    public async Task Packets_arrive_when_the_evaluator_and_OVN_say_so_and_not_otherwise(int seed)
    {
        const int Nics = 8;
        const int Connections = 60;
        var random = new RandomPolicies(seed);
        await using var guarded = await GuardedPods.StartAsync(rig);
        var nics = random.Nics(Nics);
        foreach (var nic in nics)
            guarded.World.Set(nic);
        await guarded.ApplyAsync(random.Policies(groups: 3, policies: 4));
        var pods = new Dictionary<ObjectKey, RigEndpoint>();
        foreach (var (nic, i) in nics.Select((nic, i) => (nic, i)))
            pods[nic.Nic] = await guarded.AddAsync(rig.Nodes[i / 2 % 2], nic);
        await guarded.InstalledAsync();

        var evaluator = guarded.World.Evaluator;
        var connections = Enumerable.Range(0, 10 * Connections).Select(_ => random.Connect(nics))
            .Where(each => each.Protocol != SecurityProtocol.SCTP).Distinct().Take(Connections).ToList();
        var expected = connections.Select(each => evaluator.Evaluate(each).IsAllowed).ToList();
        Assert.InRange(expected.Count(passes => passes), Connections / 6, Connections * 5 / 6);

        using var packets = new FirstPackets();
        foreach (var each in connections)
            packets.Listen(pods[each.To.Nic!.Nic], each);
        var arrived = connections.Select((each, i) => packets.Send(pods[each.From.Nic!.Nic], each, i)).ToList();
        // Meanwhile, which takes longer than a packet.
        var traced = connections.Select(each => Trace(pods[each.From.Nic!.Nic], pods[each.To.Nic!.Nic], each)).ToList();
        await Eventually.HoldsAsync(() => connections.Index().All(each => !expected[each.Index] || arrived[each.Index]()));
        Assert.Equal(
            connections.Zip(expected, (each, passes) => $"{Name(each)} {passes} {passes}"),
            connections.Select((each, i) => $"{Name(each)} {traced[i]} {arrived[i]()}"));

        bool Trace(RigEndpoint from, RigEndpoint to, Connection connection) => Command.Run(
            "ovn-trace",
            [
                $"--db=unix:{rig.SouthboundSocket}",
                .. FirstPacket.Arguments(
                    connection, from.Network, from.Name, from.Mac, from.Network == to.Network ? to.Mac : NorthboundNames.RouterMac("v", from.Network).ToString()),
            ]).Contains($"output to \"{to.Name}\"", StringComparison.Ordinal);

        static string Name(Connection each) => $"{each.From.Nic!.Nic} {each.To.Nic!.Nic} {each.To.Address} {each.Protocol} {each.Port} {each.IcmpType}";
    }

    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [InlineData("udp", "NetworkPolicy", false)]
    [InlineData("udp", "NetworkPolicy", true)]
    [InlineData("tcp", "NetworkPolicy", true)]
    [InlineData("udp", "SecurityGroup", true)]
    [InlineData("tcp", "SecurityGroup", false)]
    [InlineData("udp", "label", true)]
    [InlineData("tcp", "label", true)]
    public async Task A_connection_that_a_change_forbids_ends_and_others_lose_nothing(string protocol, string change, bool otherNode)
    {
        await using var guarded = await GuardedPods.StartAsync(rig);
        var nic = Nic("bad", 12, "bad");
        var web = await guarded.AddAsync(otherNode ? rig.Node2 : rig.Node1, Nic("web", 10, "web"));
        var good = await guarded.AddAsync(rig.Node1, Nic("good", 11, "good"));
        var bad = await guarded.AddAsync(rig.Node1, nic);
        await guarded.ApplyAsync(Allow("good", "bad"), Ban());
        using var allowed = AnswerStream.Udp(good, good.Ip, web, rig.NextPort(), patience: UdpClientFlow.PatienceMilliseconds);
        using var forbidden = protocol == "udp" ? AnswerStream.Udp(bad, bad.Ip, web, rig.NextPort()) : AnswerStream.Tcp(bad, web, rig.NextPort());

        var took = await Bound.LeastAsync(async () =>
        {
            var (answers, fast) = (forbidden.Answers, bad.Sent.FastPackets);
            await Eventually.HoldsAsync(() => forbidden.Answers > answers + 50 && bad.Sent.FastPackets > fast + 50);
            // What is shown next is the change's, and not that before.
            await guarded.InstalledAsync();
            using var shown = new NbCfgWatch(web.Node!);
            await SetAsync(isForbidden: true);
            var after = await forbidden.EndAsync(shown);
            await SetAsync(isForbidden: false);
            return after;
        });
        Assert.True(took < Bound.OfChange, $"{took.TotalMilliseconds:0.0} ms");
        var before = allowed.Answers;
        await Eventually.HoldsAsync(() => allowed.Answers > before + 200);
        // One question may be on its way.
        Assert.InRange(allowed.Unanswered, 0, 1);

        async Task SetAsync(bool isForbidden)
        {
            if (change == "label")
                guarded.Relabel(isForbidden ? nic with { Labels = [KeyValuePair.Create("app", "worse")] } : nic);
            else if (change == "SecurityGroup")
                await guarded.ApplyAsync(isForbidden ? Ban("bad") : Ban());
            else
                await guarded.ApplyAsync(isForbidden ? Allow("good") : Allow("good", "bad"));
        }
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task A_Nic_sends_only_as_itself_until_it_is_allowed_more()
    {
        await using var guarded = await GuardedPods.StartAsync(rig);
        var nic = Nic("forger", 12, "any");
        var victim = await guarded.AddAsync(rig.Node2, Nic("victim", 10, "any"));
        var forger = await guarded.AddAsync(rig.Node1, nic);
        await guarded.InstalledAsync();
        var gateway = IPAddress.Parse("10.0.1.1");
        var linkLocal = IPAddress.Parse("fe80::aff:fe00:10c");
        var forged = new Dictionary<string, byte[]>
        {
            ["another's address"] = Frame.Udp(forger.Mac, victim.Mac, gateway, 7, victim.Ip, 7, 40),
            ["another's MAC"] = Frame.Udp("02:00:00:00:00:77", victim.Mac, forger.Ip, 7, victim.Ip, 7, 40),
            ["ARP of the router's address"] = Forgery.ArpAnswer(forger.Mac, victim.Mac, forger.Mac, gateway, victim.Ip),
            ["ARP of another's MAC"] = Forgery.ArpAnswer(forger.Mac, victim.Mac, "02:00:00:00:00:77", forger.Ip, victim.Ip),
            ["neighbour advertisement of the router's address"] =
                Forgery.NeighbourAdvertisement(forger.Mac, victim.Mac, forger.Ip6, victim.Ip6, IPAddress.Parse("fd00:1::1"), forger.Mac),
            ["router advertisement"] = Forgery.RouterAdvertisement(forger.Mac, linkLocal, hidden: false),
            ["router advertisement behind options"] = Forgery.RouterAdvertisement(forger.Mac, linkLocal, hidden: true),
            ["DHCPOFFER"] = Forgery.DhcpOffer(forger.Mac, forger.Ip),
            ["DHCPOFFER from another port"] = Forgery.DhcpOffer(forger.Mac, forger.Ip, 6700),
            ["DHCPv6 ADVERTISE"] = Forgery.DhcpAdvertise(forger.Mac, victim.Mac, linkLocal, victim.Ip6),
            ["DHCPv6 ADVERTISE from another port"] = Forgery.DhcpAdvertise(forger.Mac, victim.Mac, linkLocal, victim.Ip6, 6700),
        };
        var honest = Frame.Udp(forger.Mac, victim.Mac, forger.Ip, 7, victim.Ip, 9, 40);
        victim.Run("ip", "link", "set", "eth0", "promisc", "on");

        Assert.Equal(["honest"], await ArrivingAsync());
        // The same on a flow that is fast: what passes Open vSwitch by was let out by it before.
        using (var echo = new UdpEcho(victim, victim.Ip, 7000))
        using (var flow = new UdpClientFlow(forger, forger.Ip, 7000, victim.Ip, 7000))
        {
            var fast = victim.Received.FastPackets;
            // Patiently: an answer that is late would be counted as that to what is sent afterwards.
            await Eventually.HoldsAsync(() => flow.TryExchange(timeoutMilliseconds: UdpClientFlow.PatienceMilliseconds) && victim.Received.FastPackets > fast + 20);
            var seen = echo.Seen;
            using var raw = PodSocket.Frames(forger);
            for (var i = 0; i < 20; i++)
            {
                raw.Send(Frame.Udp(forger.Mac, victim.Mac, IPAddress.Parse("10.0.1.99"), 7000, victim.Ip, 7000, 40));
                raw.Send(Frame.Udp("02:00:00:00:00:77", victim.Mac, forger.Ip, 7000, victim.Ip, 7000, 40));
            }

            Assert.Equal(1, flow.Exchange(1));
            Assert.Equal(seen + 1, echo.Seen);
        }

        // As the agent does when it plugs the Nic in.
        forger.Node!.Datapath.SetAdvertises(forger.Devices, true);
        await guarded.SetAsync(rig.Node1, nic, forger, spec => spec with { Serves = [NicService.DHCP] });
        await guarded.InstalledAsync();
        await Eventually.HoldsAsync(() => ArrivingAsync().Result is
            [
                "DHCPOFFER", "DHCPOFFER from another port", "DHCPv6 ADVERTISE", "DHCPv6 ADVERTISE from another port", "honest",
                "router advertisement", "router advertisement behind options",
            ]);

        forger.Node!.Datapath.SetAdvertises(forger.Devices, false);
        await guarded.SetAsync(rig.Node1, nic, forger, spec => spec with { AllowedAddresses = [new() { Address = IpPrefix.Parse("10.0.1.1/32") }] });
        await guarded.InstalledAsync();
        await Eventually.HoldsAsync(() => ArrivingAsync().Result is ["ARP of the router's address", "another's address", "honest"]);

        forger.Node!.Datapath.SetAdvertises(forger.Devices, true);
        await guarded.SetAsync(rig.Node1, nic, forger, spec => spec with { SpoofGuard = false });
        await guarded.InstalledAsync();
        await Eventually.HoldsAsync(() => ArrivingAsync().Result.SequenceEqual(forged.Keys.Append("honest").Order(StringComparer.Ordinal)));

        forger.Node!.Datapath.SetAdvertises(forger.Devices, false);
        await guarded.SetAsync(rig.Node1, nic, forger);
        await Eventually.HoldsAsync(() => ArrivingAsync().Result is ["honest"]);

        async Task<string[]> ArrivingAsync()
        {
            using var frames = PodSocket.Frames(victim);
            using var raw = PodSocket.Frames(forger);
            foreach (var frame in forged.Values)
                raw.Send(frame);
            // Sent last and let through always: what has not come before it was dropped.
            var arrived = new SortedSet<string>(StringComparer.Ordinal);
            var buffer = new byte[2048];
            for (var attempt = 0; attempt < 20 && !arrived.Contains("honest"); attempt++)
            {
                raw.Send(honest);
                try
                {
                    while (true)
                    {
                        frames.ReceiveTimeout = arrived.Contains("honest") ? 100 : 300;
                        var length = await Task.Run(() => frames.Receive(buffer), TestContext.Current.CancellationToken);
                        var frame = buffer.AsSpan(0, length);
                        foreach (var (name, bytes) in forged.Append(new("honest", honest)))
                        {
                            if (frame.Length >= bytes.Length && frame[..bytes.Length].SequenceEqual(bytes))
                                arrived.Add(name);
                        }
                    }
                }
                catch (SocketException e) when (e.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock)
                {
                }
            }

            return [.. arrived];
        }
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task An_address_that_is_allowed_no_more_ends_the_fast_flows_that_are_from_it()
    {
        await using var guarded = await GuardedPods.StartAsync(rig);
        var nic = Nic("nested", 12, "any");
        var peer = await guarded.AddAsync(rig.Node2, Nic("peer", 10, "any"));
        var nested = await guarded.AddAsync(rig.Node1, nic, Allowed);
        nested.Run("ip", "address", "add", "10.0.1.77/24", "dev", "eth0");
        await guarded.InstalledAsync();
        using var other = AnswerStream.Udp(nested, IPAddress.Parse("10.0.1.77"), peer, rig.NextPort());
        var took = await Bound.LeastAsync(async () =>
        {
            var fast = peer.Received.FastPackets;
            await Eventually.HoldsAsync(() => peer.Received.FastPackets > fast + 50);
            using var shown = new NbCfgWatch(nested.Node!);
            await guarded.SetAsync(rig.Node1, nic, nested);
            var after = await other.EndAsync(shown);
            await guarded.SetAsync(rig.Node1, nic, nested, Allowed);
            return after;
        });
        Assert.True(took < Bound.OfChange, $"{took.TotalMilliseconds:0.0} ms");

        static NicSpec Allowed(NicSpec spec) => spec with { AllowedAddresses = [new() { Address = IpPrefix.Parse("10.0.1.77/32") }] };
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task An_isolated_pod_has_answers_to_what_it_asks_and_finds_its_neighbours()
    {
        await using var guarded = await GuardedPods.StartAsync(rig);
        guarded.World.Set(Nic("web", 10, "web"));
        await guarded.ApplyAsync(Allow());
        var web = await guarded.AddAsync(rig.Node1, Nic("web", 10, "web"));
        var other = await guarded.AddAsync(rig.Node2, Nic("other", 11, "other"));
        await guarded.InstalledAsync();
        foreach (var v6 in (bool[])[false, true])
        {
            var port = rig.NextPort();
            using var echo = new UdpEcho(other, other.Of(v6), port);
            using var flow = new UdpClientFlow(web, web.Of(v6), port, other.Of(v6), port);
            await Eventually.HoldsAsync(() => flow.TryExchange(timeoutMilliseconds: 200));
            using var closed = new UdpEcho(web, web.Of(v6), port + 1);
            using var refused = new UdpClientFlow(other, other.Of(v6), port + 1, web.Of(v6), port + 1);
            Assert.Equal(0, Enumerable.Range(0, 5).Count(_ => refused.TryExchange(timeoutMilliseconds: 100)));
            Assert.Equal(0, closed.Seen);
        }
    }
}
