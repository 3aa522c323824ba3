using System.Diagnostics.Metrics;
using Bpf.FastPath.Endpoints;
using Cni.Datapath;
using Ovs.Ovsdb;

namespace Cni.Agent.Observing;

/// <summary>What the node's eBPF programs have counted, for whoever listens. Directions are the VM's or pod's.</summary>
internal static class DatapathMetrics
{
    /// <summary>Makes the instruments, which look at the maps whenever somebody collects.</summary>
    internal static void Observe(Meter meter, EndpointDatapath datapath, OvsdbClient ovsdb, FastPathFeeder fastPath)
    {
        meter.CreateObservableCounter(
            "fabric.nic.packets", () => Read(datapath, ovsdb).SelectMany(nic => ByPath(nic, traffic => (traffic.Packets, traffic.FastPackets))),
            "{packet}", "Packets of a Nic since it was attached, by direction and by path: fast, or through Open vSwitch.");
        meter.CreateObservableCounter(
            "fabric.nic.bytes", () => Read(datapath, ovsdb).SelectMany(nic => ByPath(nic, traffic => (traffic.Bytes, traffic.FastBytes))),
            "By", "Bytes of a Nic's packets, by direction and by path.");
        meter.CreateObservableCounter(
            "fabric.nic.drops", () => Read(datapath, ovsdb).SelectMany(nic => Directions(nic).Select(each => Of((long)each.Traffic.Drops, nic.Name, ("direction", each.Name)))),
            "{frame}", "Frames of a Nic that had nowhere to go because it was being taken down.");
        meter.CreateObservableCounter(
            "fabric.nic.misses", () => Read(datapath, ovsdb).SelectMany(nic => nic.Counters.Sent.Misses.Select(miss => Of((long)miss.Frames, nic.Name, ("reason", $"{miss.Reason}")))),
            "{frame}", "Frames from a Nic that were left to Open vSwitch, by reason.");
        meter.CreateObservableCounter(
            "fabric.fastpath.events",
            () => (datapath.FastPath?.ReadEvents() ?? []).Select(each => new Measurement<long>((long)each.Times, KeyValuePair.Create<string, object?>("event", $"{each.Event}"))),
            "{event}", "What the fast path learned where frames leave Open vSwitch, and why it did not.");
        meter.CreateObservableGauge(
            "fabric.fastpath.enabled", () => fastPath.State.IsEnabled ? 1 : 0, null, "Whether established flows pass Open vSwitch by: 1 or 0.");
    }

    private static IEnumerable<NicCounters> Read(EndpointDatapath datapath, OvsdbClient ovsdb)
    {
        var names = SwitchPortNames.Of(ovsdb.Snapshot);
        foreach (var devices in datapath.Attached)
        {
            if (names.TryGetValue(devices.OvsIndex, out var name) && datapath.ReadCounters(devices) is { } counters)
            {
                yield return new NicCounters(name, counters);
            }
        }
    }

    private static IEnumerable<Measurement<long>> ByPath(NicCounters nic, Func<EndpointTraffic, (ulong All, ulong Fast)> what)
    {
        foreach (var (direction, traffic) in Directions(nic))
        {
            var (all, fast) = what(traffic);
            yield return Of((long)fast, nic.Name, ("direction", direction), ("path", "fast"));
            yield return Of((long)(all - fast), nic.Name, ("direction", direction), ("path", "ovs"));
        }
    }

    private static (string Name, EndpointTraffic Traffic)[] Directions(NicCounters nic) => [("egress", nic.Counters.Sent), ("ingress", nic.Counters.Received)];

    private static Measurement<long> Of(long value, string nic, params ReadOnlySpan<(string Label, string Content)> labels) => new(
        value, [KeyValuePair.Create<string, object?>("nic", nic), .. labels.ToArray().Select(label => KeyValuePair.Create<string, object?>(label.Label, label.Content))]);

    private readonly record struct NicCounters(string Name, EndpointCounters Counters);
}
