using System.Net;
using Cni.Datapath.Tests.Rig;
using Cni.Datapath.Tests.Traffic;
using Fabric.Policy.Compiling;
using Fabric.Policy.Model;
using Fabric.Primitives;
using Node.Testing;

namespace Cni.Datapath.Tests;

/// <summary>What passes while a Nic comes.</summary>
public sealed class StartingTests(FastPathRig rig)
{
    private const int Times = 20;

    private static PolicyEndpoint Nic(string name, int number) => new()
    {
        Nic = new("shop", name),
        Vpc = "v",
        Labels = [KeyValuePair.Create("app", name)],
        Addresses = [IpAddress.Parse($"10.0.1.{number}"), IpAddress.Parse($"fd00:1::{number}")],
    };

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task Nothing_passes_to_a_Nic_that_comes_before_the_rules_that_are_for_it()
    {
        await using var guarded = await GuardedPods.StartAsync(rig);
        var late = Nic("late", 50);
        guarded.World.Set(late);
        await guarded.ApplyAsync(NetworkPolicyCompiler.Compile(new()
        {
            Metadata = new() { Namespace = "shop", Name = "closed" },
            Spec = new() { PodSelector = new() { MatchLabels = [KeyValuePair.Create("app", "late")] } },
        }));
        var peers = new[] { await guarded.AddAsync(rig.Node1, Nic("here", 11)), await guarded.AddAsync(rig.Node2, Nic("there", 12)) };
        using var floods = new Floods(peers, IPAddress.Parse("10.0.1.50"), "02:00:0a:00:01:32");
        for (var i = 0; i < Times; i++)
        {
            var pod = await guarded.AddAsync(rig.Nodes[i % 2], late);
            // The port is installed by now; what is sent from now on finds it whole.
            var sent = floods.Sent;
            await Eventually.HoldsAsync(() => floods.Sent > sent + 200);
            Assert.Equal(0, Arrived(pod));
            if (i < Times - 1)
                await guarded.RemoveAsync(pod, late);
            else
                await OpenAsync(pod);
        }

        // And it would have been seen.
        async Task OpenAsync(RigEndpoint pod)
        {
            guarded.Relabel(late with { Labels = [] });
            await Eventually.HoldsAsync(() => Arrived(pod) > 100);
        }

        static long Arrived(RigEndpoint pod)
        {
            var ip = pod.Run("cat", "/proc/net/snmp").Split('\n').Where(line => line.StartsWith("Ip:", StringComparison.Ordinal)).Select(line => line.Split(' ')).ToArray();
            return long.Parse(ip[1][Array.IndexOf(ip[0], "InReceives")]);
        }
    }

    /// <summary>Peers that send datagrams to an address all the time, whether anybody has it or not: about a thousand a second each.</summary>
    private sealed class Floods : IDisposable
    {
        private readonly ManualResetEventSlim _ended = new();
        private readonly List<Thread> _threads = [];
        private long _sent;

        public Floods(IEnumerable<RigEndpoint> peers, IPAddress to, string mac)
        {
            foreach (var peer in peers)
            {
                var frame = Frame.Udp(peer.Mac, mac, peer.Ip, 7, to, 9, 40);
                var thread = new Thread(() =>
                {
                    using var raw = PodSocket.Frames(peer);
                    while (!_ended.Wait(1))
                    {
                        raw.Send(frame);
                        Interlocked.Increment(ref _sent);
                    }
                })
                {
                    IsBackground = true,
                };
                thread.Start();
                _threads.Add(thread);
            }
        }

        public long Sent => Interlocked.Read(ref _sent);

        public void Dispose()
        {
            _ended.Set();
            _threads.ForEach(thread => thread.Join());
            _ended.Dispose();
        }
    }
}
