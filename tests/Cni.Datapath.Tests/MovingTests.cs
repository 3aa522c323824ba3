using System.Net;
using System.Net.Sockets;
using Cni.Datapath.Tests.Rig;
using Cni.Datapath.Tests.Traffic;
using Node.Testing;

namespace Cni.Datapath.Tests;

/// <summary>Addresses that pass from one endpoint to another under traffic.</summary>
public sealed class MovingTests(FastPathRig rig)
{
    /// <summary>
    /// A million frames that pass Open vSwitch by to one address, which meanwhile belongs to one pod after another, on either node,
    /// of each kind, with another MAC each time. No pod may get one that is not for its own MAC and address, before, while or
    /// after it has the address.
    /// </summary>
    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task Not_one_of_a_million_frames_reaches_the_wrong_endpoint()
    {
        const ulong Frames = 1_000_000;
        const int Owners = 8;
        var pods = await rig.PodsAsync();
        var port = rig.NextPort();
        using var sender = PodSocket.Udp(pods.A, pods.A.Ip, port);
        using var wrong = new WrongFrames(pods.Near, pods.Far);
        var to = new IPEndPoint(IPAddress.Parse("10.70.1.77"), port);
        var ended = false;
        var sending = new Thread(() =>
        {
            var datagram = new byte[64];
            while (!Volatile.Read(ref ended))
            {
                try
                {
                    sender.SendTo(datagram, to);
                }
                catch (SocketException)
                {
                    // Nobody has the address for a moment: the pod's own ARP says so.
                }
            }
        });
        sending.Start();
        ulong delivered = 0;
        try
        {
            for (var number = 0; number < Owners; number++)
            {
                var kind = (EndpointKind)(number / 2 % 3);
                var owner = await rig.AddAsync(rig.Nodes[number % 2], "red", to.Address.ToString(), $"02:00:00:70:77:{number:x2}", kind: kind);
                wrong.Watch(owner);
                // What it sends teaches the other direction; what it gets is counted before its socket, which nobody reads.
                using (var socket = PodSocket.Udp(owner, owner.Ip, port))
                {
                    // A pod that is told nothing new would go on with the MAC of the owner before.
                    owner.TryRun("arping", "-U", "-c", "1", "-I", "eth0", owner.Address);
                    pods.A.TryRun("ip", "neigh", "flush", "dev", "eth0");
                    await Eventually.HoldsAsync(() =>
                    {
                        socket.SendTo([1], new IPEndPoint(pods.A.Ip, port));
                        return owner.Received.FastPackets > Frames / Owners;
                    }, TimeSpan.FromMinutes(2));
                    delivered += owner.Received.FastPackets;
                }

                await rig.RemoveAsync(owner);
            }
        }
        finally
        {
            Volatile.Write(ref ended, true);
            sending.Join();
        }

        Assert.True(delivered > Frames);
        Assert.Empty(wrong.Frames);
        // That they would have been seen.
        using var frames = PodSocket.Frames(pods.Near);
        frames.Send(Frame.Udp(pods.A.Mac, pods.Far.Mac, pods.A.Ip, port, to.Address, port, 64));
        await Eventually.HoldsAsync(() => wrong.Frames.Count == 1);
    }

    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [OnEachKind(true)]
    [OnEachKind(false)]
    public async Task A_flow_follows_an_endpoint_that_moves_to_another_node(EndpointKind kind, bool answersFirst)
    {
        var pods = await rig.PodsAsync(kind);
        var (a, port) = (pods.A, rig.NextPort());
        var first = await rig.AddAsync(rig.Node2, "red", "10.70.1.88", "02:00:00:70:01:88", kind: kind);
        using (var echo = new UdpEcho(first, first.Ip, port))
        using (var flow = new UdpClientFlow(a, a.Ip, port, first.Ip, port))
        {
            Assert.True(flow.Exchange(50) >= 49);
            Assert.Contains(rig.Node1.Flows.ReadFlows(), each => each.DestinationPort == port && each.Node?.ToString() == rig.Node2.Address);
            echo.Dispose();
            await rig.RemoveAsync(first);

            // The same address and MAC on the other node: what a migration is.
            var second = await rig.AddAsync(rig.Node1, "red", "10.70.1.88", "02:00:00:70:01:88", kind: kind);
            using var moved = new UdpEcho(second, second.Ip, port);
            if (answersFirst)
            {
                using var sender = PodSocket.Udp(second, second.Ip, rig.NextPort());
                sender.SendTo([1], new IPEndPoint(a.Ip, port));
            }

            await Eventually.HoldsAsync(() => flow.TryExchange(timeoutMilliseconds: 100), TimeSpan.FromSeconds(5));
            await Eventually.HoldsAsync(() => flow.TryExchange() && second.Sent.FastPackets > 10, TimeSpan.FromSeconds(10));
            await rig.RemoveAsync(second);
        }
    }
}
