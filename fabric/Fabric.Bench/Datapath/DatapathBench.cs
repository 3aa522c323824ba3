namespace Fabric.Bench.Datapath;

/// <summary><c>fabric bench datapath</c>: the overlay with its fast path and without, and what it is compared to.</summary>
/// <param name="options">How long and how often.</param>
/// <param name="prepare">Makes the paths.</param>
public sealed class DatapathBench(DatapathOptions options, Func<IProgress<string>, CancellationToken, Task<IDatapathSite>> prepare) : IBenchmark
{
    /// <inheritdoc/>
    public string Name => "datapath";

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Parameters { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["rounds"] = $"{options.Rounds}",
        ["milliseconds"] = $"{options.Milliseconds}",
    };

    /// <inheritdoc/>
    public async Task MeasureAsync(BenchRun run, CancellationToken cancellationToken)
    {
        await using var site = await prepare(run.Progress, cancellationToken);
        MeasuredPath[] paths =
        [
            new("veth", "two namespaces on a veth pair", site.Veth, FastPath: null),
            new("bridge", "two namespaces on a Linux bridge", site.Bridge, FastPath: null),
            new("same_node", "two pods on one node, fast path", site.SameNode, FastPath: true),
            new("same_node_ovs", "two pods on one node, Open vSwitch alone", site.SameNode, FastPath: false),
            new("hosthost", "two hosts on a wire", site.Hosts, FastPath: null),
            new("vxlan", "two pods, kernel VXLAN between bridges", site.Vxlan, FastPath: null),
            new("routed", "two pods, routed by their hosts without overlay", site.Routed, FastPath: null),
            new("cross_node", "two pods on two nodes, fast path", site.CrossNode, FastPath: true),
            new("cross_node_ovs", "two pods on two nodes, Open vSwitch alone", site.CrossNode, FastPath: false),
        ];
        for (var round = 0; round < options.Rounds; round++)
        {
            foreach (var path in paths)
            {
                run.Progress.Report($"round {round + 1} of {options.Rounds}: {path.Meaning}");
                cancellationToken.ThrowIfCancellationRequested();
                if (path.FastPath is { } on)
                {
                    await site.SetFastPathAsync(on, cancellationToken);
                }

                path.Measure(options.Milliseconds);
            }
        }

        await site.SetFastPathAsync(on: true, cancellationToken);
        foreach (var path in paths)
        {
            path.Report(run);
        }

        ReportRatios(run);
        run.Note("The underlay is a Linux bridge with veth pairs on this machine, with all offloads; no NIC takes part. Open vSwitch runs its userspace datapath unless the kernel has its module.");
        run.Note("Round trips are of one byte by blocking sockets, whose ends stay on two processors: much of each is the waking of the other, which is the same on every path. *_together_* has both on one, where a path's own cost shows. Processor time is that of the thread that sends.");
    }

    private static void ReportRatios(BenchRun run)
    {
        run.Ratio("same_node_rr_p50_vs_veth", "same_node_rr_p50_us", "veth_rr_p50_us", "median round trip on a node against a bare veth");
        run.Ratio("same_node_bulk_vs_veth", "same_node_bulk_gbps", "veth_bulk_gbps", "one TCP stream on a node against a bare veth");
        run.Ratio("same_node_rr_p50_vs_ovs", "same_node_ovs_rr_p50_us", "same_node_rr_p50_us", "how many times shorter than through Open vSwitch alone");
        run.Ratio("cross_node_rr_p50_vs_hosthost", "cross_node_rr_p50_us", "hosthost_rr_p50_us", "median round trip between nodes against their hosts");
        run.Ratio("cross_node_rr_p50_vs_vxlan", "cross_node_rr_p50_us", "vxlan_rr_p50_us", "the same against the kernel's VXLAN");
        run.Ratio("cross_node_rr_p99_vs_vxlan", "cross_node_rr_p99_us", "vxlan_rr_p99_us", "the same, 99th percentile");
        run.Ratio("cross_node_bulk_vs_vxlan", "cross_node_bulk_gbps", "vxlan_bulk_gbps", "one TCP stream between nodes against the kernel's VXLAN");
        run.Ratio("cross_node_rr_p50_vs_ovs", "cross_node_ovs_rr_p50_us", "cross_node_rr_p50_us", "how many times shorter than through Open vSwitch alone");
        run.Ratio("cross_node_bulk_vs_ovs", "cross_node_bulk_gbps", "cross_node_ovs_bulk_gbps", "how many times more than through Open vSwitch alone");
        run.Ratio("same_node_rr_together_p50_vs_veth", "same_node_rr_together_p50_us", "veth_rr_together_p50_us", "median round trip on a node against a bare veth, both ends on one processor");
        run.Ratio("cross_node_rr_together_p50_vs_hosthost", "cross_node_rr_together_p50_us", "hosthost_rr_together_p50_us", "between nodes against their hosts, both ends on one processor");
        run.Ratio("cross_node_rr_together_p50_vs_vxlan", "cross_node_rr_together_p50_us", "vxlan_rr_together_p50_us", "the same against the kernel's VXLAN");
        run.Ratio("udp_cpu_cross_vs_hosthost", "cross_node_udp_cpu_ns", "hosthost_udp_cpu_ns", "processor time of a small datagram between nodes against their hosts");
    }
}
