using Fabric.Bench.Datapath;
using Fabric.Bench.Machine;
using Fabric.Primitives;

namespace Fabric.Bench.Qos;

/// <summary><c>fabric bench qos</c>: whether a limit holds, and what it costs, on every way that traffic of a pod can take, and of a VM.</summary>
/// <param name="options">How long.</param>
/// <param name="prepare">Makes the lab.</param>
public sealed class QosBench(QosOptions options, Func<IProgress<string>, CancellationToken, Task<IQosSite>> prepare) : IBenchmark
{
    private const int EthernetHeader = 14;
    private const int UdpHeaders = 8;
    private const int Ipv4Header = 20;
    private const int Ipv6Header = 40;

    // Of a rate, what datagrams are offered.
    private const double Excess = 1.5;

    // More than an emulated guest carries, in bit/s.
    private const double MostOfVm = 1.5e9;

    // With the timestamps that Linux sends (RFC 7323).
    private const int TcpHeader = 32;

    private static readonly (string Name, BitRate Rate)[] Rates = [("10m", BitRate.Parse("10M")), ("100m", BitRate.Parse("100M")), ("1g", BitRate.Parse("1G"))];

    private static readonly bool[] Either = [false, true];

    /// <inheritdoc/>
    public string Name => "qos";

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Parameters { get; } =
        new Dictionary<string, string>(StringComparer.Ordinal) { ["milliseconds"] = $"{options.Milliseconds}" };

    /// <inheritdoc/>
    public async Task MeasureAsync(BenchRun run, CancellationToken cancellationToken)
    {
        await using var site = await prepare(run.Progress, cancellationToken);
        var mtu = site.Mtu;
        MeasureCost(run, site, "unlimited");
        foreach (var (name, rate) in Rates)
        {
            await site.LimitAsync(new QosRates(rate), cancellationToken);
            foreach (var way in Ways())
            {
                cancellationToken.ThrowIfCancellationRequested();
                run.Progress.Report($"{rate}bit/s {way.MeaningOf("pod")}");
                Measure(run, site.Path(way.SameNode, way.ToLimited, way.V6), way, name, rate, mtu);
            }
        }

        await MeasureBurstAsync(run, site, cancellationToken);
        await MeasureNeighboursAsync(run, site, cancellationToken);
        await MeasureUplinkAsync(run, site, cancellationToken);
        // The limit is so high that it holds nothing back: what is left is the way through the queue.
        MeasureCost(run, site, "limited");
        // Last: a guest takes processor time also when it does nothing.
        await MeasureVmAsync(run, site, cancellationToken);
        run.Ratio("udp_cpu_egress_limited_vs_unlimited", "udp_cpu_egress_limited_ns", "udp_cpu_egress_unlimited_ns", "processor time of a small datagram from a pod with a limit that does not bind against one without");
        run.Ratio("udp_cpu_ingress_limited_vs_unlimited", "udp_cpu_ingress_limited_ns", "udp_cpu_ingress_unlimited_ns", "the same towards the pod");
        run.Note("Rates are of Ethernet frames with their headers. A share is what arrived of what the rate allows: for a stream its payload after headers, for datagrams their frames.");
        run.Note("Processor time is that of the thread that sends, with what the kernel does in its place. A machine without the power for 1 Gbit/s of datagrams shows less than the rate allows.");
    }

    private void Measure(BenchRun run, PathEnds path, Way way, string rateName, BitRate rate, int mtu)
    {
        var prefix = $"{rateName}_{way.Name}";
        ReportStream(run, prefix, ShapedTraffic.Stream(path, options.Milliseconds), rate, mtu, way, "pod");
        var datagrams = ShapedTraffic.Datagrams(path, rate.BitsPerSecond * Excess, mtu - way.IpHeader - UdpHeaders, mtu + EthernetHeader, Math.Max(1000, options.Milliseconds));
        ReportDatagrams(run, prefix, datagrams, rate, way, "pod");
    }

    private static void ReportStream(BenchRun run, string prefix, double stream, BitRate rate, int mtu, Way way, string whom)
    {
        var allowed = rate.BitsPerSecond * (double)(mtu - way.IpHeader - TcpHeader) / (mtu + EthernetHeader);
        run.Figure($"{prefix}_tcp_share", stream / allowed * 100, "%", $"{rate}bit/s {way.MeaningOf(whom)}: goodput of one TCP stream, of what the rate allows after headers");
    }

    private static void ReportDatagrams(BenchRun run, string prefix, Arrivals datagrams, BitRate rate, Way way, string whom)
    {
        run.Figure($"{prefix}_udp_share", datagrams.Rate / rate.BitsPerSecond * 100, "%", $"{rate}bit/s {way.MeaningOf(whom)}: datagrams that arrived of half as many again, of what the rate allows");
        run.Figure($"{prefix}_udp_most_share", datagrams.MostInASecond / rate.BitsPerSecond * 100, "%", $"{rate}bit/s {way.MeaningOf(whom)}: the same in the second in which most arrived");
    }

    private async Task MeasureVmAsync(BenchRun run, IQosSite site, CancellationToken cancellationToken)
    {
        run.Progress.Report("a VM");
        var guest = await site.StartVmAsync(cancellationToken);
        await site.LimitAsync(null, cancellationToken);
        var carried = new Dictionary<(bool ToLimited, bool Tcp), double>();
        foreach (var toLimited in Either)
        {
            var direction = toLimited ? "ingress" : "egress";
            run.Progress.Report($"{direction} of a VM without a limit");
            var traffic = new GuestTraffic(guest, guest.Near);
            carried[(toLimited, true)] = Stream(traffic, toLimited);
            carried[(toLimited, false)] = Datagrams(traffic, toLimited, MostOfVm, site.Mtu).Rate;
            run.Figure($"unlimited_vm_same_{direction}_v4_tcp_mbps", carried[(toLimited, true)] / 1e6, "Mbit/s", $"{direction} of a VM without a limit, on its node, IPv4: one TCP stream");
            run.Figure($"unlimited_vm_same_{direction}_v4_udp_mbps", carried[(toLimited, false)] / 1e6, "Mbit/s", $"the same, datagrams");
        }

        foreach (var (name, rate) in Rates)
        {
            await site.LimitAsync(new QosRates(rate), cancellationToken);
            foreach (var way in Ways().Where(way => !way.V6))
            {
                cancellationToken.ThrowIfCancellationRequested();
                run.Progress.Report($"{rate}bit/s {way.MeaningOf("VM")}");
                var traffic = new GuestTraffic(guest, way.SameNode ? guest.Near : guest.Far);
                var prefix = $"{name}_vm_{way.Name}";
                if (Carries("TCP", way, rate, carried[(way.ToLimited, true)]))
                {
                    ReportStream(run, prefix, Stream(traffic, way.ToLimited), rate, site.Mtu, way, "VM");
                }

                if (Carries("datagrams", way, rate, carried[(way.ToLimited, false)]))
                {
                    ReportDatagrams(run, prefix, Datagrams(traffic, way.ToLimited, rate.BitsPerSecond * Excess, site.Mtu), rate, way, "VM");
                }
            }
        }

        run.Note("A VM's figures are of IPv4: a stream's as acknowledged or received outside of the guest, datagrams' as its virtual NIC takes them or as they arrive.");

        double Stream(GuestTraffic traffic, bool toLimited) => toLimited ? traffic.StreamTo(options.Milliseconds) : traffic.StreamFrom(options.Milliseconds);

        Arrivals Datagrams(GuestTraffic traffic, bool toLimited, double offered, int mtu) => toLimited
            ? traffic.DatagramsTo(offered, mtu - Ipv4Header - UdpHeaders, mtu + EthernetHeader, Math.Max(1000, options.Milliseconds))
            : traffic.DatagramsFrom(offered, mtu - Ipv4Header - UdpHeaders, mtu + EthernetHeader, Math.Max(1000, options.Milliseconds));

        bool Carries(string what, Way way, BitRate rate, double most)
        {
            if (most >= rate.BitsPerSecond)
            {
                return true;
            }

            if (way.SameNode)
            {
                run.Note($"Not measured: {rate}bit/s {(way.ToLimited ? "towards" : "from")} a VM, {what}, for without a limit the emulated guest carries {most / 1e6:0} Mbit/s on this machine.");
            }

            return false;
        }
    }

    private static async Task MeasureBurstAsync(BenchRun run, IQosSite site, CancellationToken cancellationToken)
    {
        const double Burst = 4_000_000;
        var (average, peak) = (BitRate.Parse("20M"), BitRate.Parse("200M"));
        run.Progress.Report("a burst");
        var mtu = site.Mtu;
        foreach (var toLimited in new[] { false, true })
        {
            var direction = toLimited ? "ingress" : "egress";
            // Changed, a bucket is full.
            await site.LimitAsync(new QosRates(average), cancellationToken);
            await site.LimitAsync(new QosRates(BitRate.Parse("21M")), cancellationToken);
            await site.LimitAsync(new QosRates(average, peak, ByteSize.FromBytes((long)Burst)), cancellationToken);
            var bins = ShapedTraffic.Datagrams(site.Path(sameNode: true, toLimited, v6: false), 300e6, mtu - Ipv4Header - UdpHeaders, mtu + EthernetHeader, 2000).Bins;
            var all = bins.Sum(bin => bin.Bytes);
            var time = bins.Sum(bin => bin.Seconds);
            var early = bins.SkipWhile(bin => bin.Bytes == 0).Skip(2).Take(10).ToArray();
            run.Figure($"burst_{direction}_share", (all - (average.BytesPerSecond * time)) / Burst * 100, "%", $"{direction}: what went above the average in two seconds, of the burst of {Burst / 1e6:0} MB");
            run.Figure($"peak_{direction}_share", early.Sum(bin => bin.Bytes) * 8 / early.Sum(bin => bin.Seconds) / peak.BitsPerSecond * 100, "%", $"{direction}: how fast it went at first, of the peak of {peak}bit/s");
        }
    }

    private async Task MeasureNeighboursAsync(BenchRun run, IQosSite site, CancellationToken cancellationToken)
    {
        run.Progress.Report("neighbours of a limited pod");
        await site.LimitAsync(new QosRates(BitRate.Parse("10M")), cancellationToken);
        run.Figure("neighbour_rr_p50_alone_us", PathTraffic.RequestResponse(site.Neighbours, options.Milliseconds, Processors.RunApart).Median, "us", "round trip of two pods that are not limited, median");
        using (ShapedTraffic.Pour(site.Path(sameNode: false, toLimited: false, v6: false)))
        {
            run.Figure("neighbour_rr_p50_beside_us", PathTraffic.RequestResponse(site.Neighbours, options.Milliseconds, Processors.RunApart).Median, "us", "the same while a limited pod sends all it can");
        }

        run.Ratio("neighbour_rr_p50_beside_vs_alone", "neighbour_rr_p50_beside_us", "neighbour_rr_p50_alone_us", "what neighbours of a limited pod notice of it");
    }

    private async Task MeasureUplinkAsync(BenchRun run, IQosSite site, CancellationToken cancellationToken)
    {
        run.Progress.Report("a full uplink");
        var rate = BitRate.Parse("100M");
        // So high that it holds nothing back.
        await site.LimitAsync(new QosRates(BitRate.Parse("100G")), cancellationToken);
        await site.RateUplinkAsync(rate, cancellationToken);
        var (first, last) = (site.Path(sameNode: false, toLimited: false, v6: false), site.Neighbours);
        var received = await Task.WhenAll(Task.Run(() => ShapedTraffic.Stream(first, options.Milliseconds), cancellationToken), Task.Run(() => ShapedTraffic.Stream(last, options.Milliseconds), cancellationToken));
        run.Figure("uplink_first_share", received[0] / rate.BitsPerSecond * 100, "%", $"of an uplink of {rate}bit/s, the payload of a stream of a pod of priority 7 beside one of priority 0");
        run.Figure("uplink_last_share", received[1] / rate.BitsPerSecond * 100, "%", "the payload of the other, which is assured 3 %");
        await site.RateUplinkAsync(null, cancellationToken);
    }

    private void MeasureCost(BenchRun run, IQosSite site, string name)
    {
        run.Progress.Report($"processor time, {name}");
        run.Figure($"udp_cpu_egress_{name}_ns", PathTraffic.UdpProcessorTime(site.Path(sameNode: true, toLimited: false, v6: false), options.Milliseconds), "ns", $"a small datagram from the pod to its node's other, {name}");
        run.Figure($"udp_cpu_ingress_{name}_ns", PathTraffic.UdpProcessorTime(site.Path(sameNode: true, toLimited: true, v6: false), options.Milliseconds), "ns", $"the same towards the pod, {name}");
    }

    private static IEnumerable<Way> Ways() =>
        from sameNode in Either
        from toLimited in Either
        from v6 in Either
        select new Way(sameNode, toLimited, v6);

    private readonly record struct Way(bool SameNode, bool ToLimited, bool V6)
    {
        internal string Name => $"{(SameNode ? "same" : "cross")}_{(ToLimited ? "ingress" : "egress")}_{(V6 ? "v6" : "v4")}";

        internal int IpHeader => V6 ? Ipv6Header : Ipv4Header;

        internal string MeaningOf(string whom) => $"{(ToLimited ? "towards" : "from")} the {whom}, {(SameNode ? "on its node" : "between nodes")}, {(V6 ? "IPv6" : "IPv4")}";
    }
}
