using System.Net;
using Cni.Datapath.Tests.Rig;
using Cni.Datapath.Tests.Traffic;
using Fabric.Policy.Model;
using Fabric.Primitives;
using Fabric.Resources;
using Node.Testing;

namespace Cni.Datapath.Tests;

/// <summary>An address that two pods may have beside their own, and that one takes from the other.</summary>
public sealed class AllowedAddressTests(FastPathRig rig)
{
    private const string VirtualRouter = "00:00:5e:00:01:07";

    private static PolicyEndpoint Nic(string name, int subnet, int number) => new()
    {
        Nic = new("shop", name),
        Vpc = "v",
        Addresses = [IpAddress.Parse($"10.0.{subnet}.{number}"), IpAddress.Parse($"fd00:{subnet}::{number}")],
    };

    /// <param name="allowed">What both are allowed.</param>
    /// <param name="shared">The address of it that they share.</param>
    /// <param name="mac">The MAC of the address, which goes with it; null when it is at its holder's own.</param>
    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [InlineData("10.0.1.100/32", "10.0.1.100", null)]
    [InlineData("10.0.1.100/32", "10.0.1.100", VirtualRouter)]
    [InlineData("10.0.1.128/28", "10.0.1.137", null)]
    [InlineData("fd00:1::100/128", "fd00:1::100", null)]
    [InlineData("fd00:1:0:0:1::/80", "fd00:1::1:0:0:7", null)]
    public async Task An_address_that_two_may_have_is_reached_at_whom_says_last_that_it_is_his(string allowed, string shared, string? mac)
    {
        await using var guarded = await GuardedPods.StartAsync(rig);
        var address = IPAddress.Parse(shared);
        var v6 = address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6;
        var first = await guarded.AddAsync(rig.Node1, Nic("first", 1, 20), Allow);
        var second = await guarded.AddAsync(rig.Node2, Nic("second", 1, 21), Allow);
        var near = await guarded.AddAsync(rig.Node1, Nic("near", 1, 22));
        var routed = await guarded.AddAsync(rig.Node2, Nic("routed", 2, 23));
        await guarded.InstalledAsync();
        var port = rig.NextPort();
        using var switchedFlow = new UdpClientFlow(near, near.Of(v6), port, address, port);
        using var routedFlow = new UdpClientFlow(routed, routed.Of(v6), port, address, port);

        await HoldAsync(first, mark: 1);
        Release(first);
        await HoldAsync(second, mark: 2);
        Release(second);
        await HoldAsync(first, mark: 3);

        NicSpec Allow(NicSpec spec) =>
            spec with { AllowedAddresses = [new() { Address = IpPrefix.Parse(allowed), MacAddress = mac is null ? null : MacAddress.Parse(mac) }] };

        async Task HoldAsync(RigEndpoint pod, byte mark)
        {
            if (mac is null)
            {
                // Only as an address: the way to the neighbours is that of the pod's own.
                pod.Run("ip", ["address", "add", $"{shared}/{(v6 ? 128 : 32)}", "dev", "eth0", .. v6 ? (string[])["nodad"] : []]);
            }
            else
            {
                // What is from the address leaves with its MAC as well.
                pod.Run("ip", "link", "add", "vrrp", "link", "eth0", "address", mac, "type", "macvlan", "mode", "private");
                pod.Run("sysctl", "-qw", "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.vrrp.rp_filter=0");
                pod.Run("ip", "address", "add", $"{shared}/32", "dev", "vrrp");
                pod.Run("ip", "link", "set", "vrrp", "up");
                pod.Run("ip", "route", "add", "10.0.1.0/24", "dev", "vrrp", "table", "7");
                pod.Run("ip", "route", "add", "default", "via", pod.Gateway, "dev", "vrrp", "table", "7");
                pod.Run("ip", "rule", "add", "from", shared, "lookup", "7");
            }

            using var raw = PodSocket.Frames(pod);
            var at = mac ?? pod.Mac;
            raw.Send(v6 ? Forgery.UnsolicitedAdvertisement(at, address, address, at) : Forgery.ArpRequest(at, at, address, address));
            using var echo = new UdpEcho(pod, address, port, mark);
            await Eventually.HoldsAsync(() => switchedFlow.TryExchange(timeoutMilliseconds: 200) && switchedFlow.Mark == mark);
            await Eventually.HoldsAsync(() => routedFlow.TryExchange(timeoutMilliseconds: 200) && routedFlow.Mark == mark);
        }

        void Release(RigEndpoint pod)
        {
            if (mac is null)
            {
                pod.Run("ip", "address", "delete", $"{shared}/{(v6 ? 128 : 32)}", "dev", "eth0");
                return;
            }

            pod.Run("ip", "rule", "delete", "from", shared);
            pod.Run("ip", "link", "delete", "vrrp");
        }
    }
}
