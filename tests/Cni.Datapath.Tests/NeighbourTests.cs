using System.Net;
using Cni.Datapath.Tests.Rig;
using Cni.Datapath.Tests.Traffic;
using Fabric.Policy.Model;
using Fabric.Primitives;
using Node.Testing;

namespace Cni.Datapath.Tests;

/// <summary>That nobody has others believe that an address is at his MAC: neither neighbours, nor OVN's routers.</summary>
public sealed class NeighbourTests(FastPathRig rig)
{
    private const string Somebody = "02:00:00:00:00:77";

    private static PolicyEndpoint Nic(string name, int subnet, int number) => new()
    {
        Nic = new("shop", name),
        Vpc = "v",
        Addresses = [IpAddress.Parse($"10.0.{subnet}.{number}"), IpAddress.Parse($"fd00:{subnet}::{number}")],
    };

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task Neither_a_neighbour_nor_a_router_is_had_to_believe_what_is_not_so()
    {
        await using var guarded = await GuardedPods.StartAsync(rig);
        var nic = Nic("forger", 1, 12);
        var victim = await guarded.AddAsync(rig.Node2, Nic("victim", 1, 10));
        var third = await guarded.AddAsync(rig.Node2, Nic("third", 1, 11));
        var routed = await guarded.AddAsync(rig.Node1, Nic("routed", 2, 13));
        var forger = await guarded.AddAsync(rig.Node1, nic);
        await guarded.InstalledAsync();
        // The victim knows them all by now: router, neighbour and forger.
        foreach (var (pod, v6) in new[] { routed, third, forger }.SelectMany(pod => new[] { (pod, false), (pod, true) }))
        {
            var port = rig.NextPort();
            using var echo = new UdpEcho(pod, pod.Of(v6), port);
            using var flow = new UdpClientFlow(victim, victim.Of(v6), port, pod.Of(v6), port);
            await Eventually.HoldsAsync(() => flow.TryExchange(timeoutMilliseconds: 200));
        }

        var (gateway, gateway6) = (IPAddress.Parse("10.0.1.1"), IPAddress.Parse("fd00:1::1"));
        var known = Neighbours(victim);
        Assert.Equal(["10.0.1.1", "10.0.1.11", "10.0.1.12", "fd00:1::1", "fd00:1::11", "fd00:1::12"], known.Keys.Where(address => !address.StartsWith("fe80", StringComparison.Ordinal)));
        byte[][] forged =
        [
            Forgery.ArpRequest(forger.Mac, forger.Mac, gateway, gateway),
            Forgery.ArpRequest(forger.Mac, forger.Mac, third.Ip, third.Ip),
            Forgery.ArpRequest(forger.Mac, Somebody, forger.Ip, forger.Ip),
            Forgery.ArpRequest(forger.Mac, forger.Mac, gateway, victim.Ip),
            Forgery.ArpRequest(forger.Mac, forger.Mac, third.Ip, victim.Ip),
            Forgery.ArpRequest(forger.Mac, forger.Mac, third.Ip, gateway),
            Forgery.ArpAnswer(forger.Mac, victim.Mac, forger.Mac, gateway, victim.Ip),
            Forgery.ArpAnswer(forger.Mac, victim.Mac, forger.Mac, third.Ip, victim.Ip),
            Forgery.NeighbourSolicitation(forger.Mac, victim.Mac, forger.Ip6, victim.Ip6, Somebody),
            Forgery.NeighbourSolicitation(forger.Mac, victim.Mac, third.Ip6, victim.Ip6, forger.Mac),
            Forgery.NeighbourSolicitation(forger.Mac, RouterMac(), third.Ip6, gateway6, forger.Mac),
            Forgery.UnsolicitedAdvertisement(forger.Mac, forger.Ip6, gateway6, forger.Mac),
            Forgery.UnsolicitedAdvertisement(forger.Mac, forger.Ip6, third.Ip6, forger.Mac),
            Forgery.UnsolicitedAdvertisement(forger.Mac, forger.Ip6, forger.Ip6, Somebody),
        ];

        using var honest = new UdpEcho(victim, victim.Ip, 7000);
        using var asking = new UdpClientFlow(forger, forger.Ip, 7000, victim.Ip, 7000);
        using var raw = PodSocket.Frames(forger);
        for (var i = 0; i < 10; i++)
        {
            SendAll();
            // What was sent before this is through.
            await Eventually.HoldsAsync(() => asking.TryExchange(timeoutMilliseconds: 200));
            Assert.Equal(known, Neighbours(victim));
        }

        Assert.Empty(Poisoned());

        // Without the guard they believe it, but for what the switch itself answers: the frames are as they have to be.
        await guarded.SetAsync(rig.Node1, nic, forger, spec => spec with { SpoofGuard = false });
        await guarded.InstalledAsync();
        foreach (var (address, mac) in new[] { ("10.0.1.1", forger.Mac), ("10.0.1.11", forger.Mac), ("10.0.1.12", Somebody), ("fd00:1::1", forger.Mac), ("fd00:1::11", forger.Mac), ("fd00:1::12", Somebody) })
        {
            await Eventually.HoldsAsync(
                () =>
                {
                    SendAll();
                    return Neighbours(victim)[address] == mac;
                },
                what: address);
        }

        await Eventually.HoldsAsync(() => Poisoned().Any());

        string RouterMac() => known["10.0.1.1"];

        void SendAll()
        {
            foreach (var frame in forged)
                raw.Send(frame);
        }

        // What routers learned (ovn-sb(5), MAC_Binding) of whom the forger is not.
        IEnumerable<string> Poisoned() => rig.Southbound("--no-headings", "--format=csv", "--columns=ip,mac", "list", "MAC_Binding").Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => line.Contains(Somebody, StringComparison.Ordinal)
                || (line.Contains(forger.Mac, StringComparison.Ordinal) && !line.Contains(forger.Address, StringComparison.Ordinal) && !line.Contains(forger.Address6!, StringComparison.Ordinal)
                    && !line.Contains("fe80", StringComparison.Ordinal)));
    }

    /// <summary>Who a pod believes is where, but for whom it has just asked for.</summary>
    private static SortedDictionary<string, string> Neighbours(RigEndpoint pod) => new(
        pod.Run("ip", "neigh", "show", "dev", "eth0").Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(words => words is [_, "lladdr", _, ..]).ToDictionary(words => words[0], words => words[2]),
        StringComparer.Ordinal);
}
