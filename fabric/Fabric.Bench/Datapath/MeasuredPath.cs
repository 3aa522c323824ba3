using Fabric.Bench.Machine;

namespace Fabric.Bench.Datapath;

/// <summary>One path and what was measured of it, round by round.</summary>
/// <param name="Name">The first word of its figures.</param>
/// <param name="Meaning">What it is, for people.</param>
/// <param name="Ends">Its ends.</param>
/// <param name="FastPath">How the overlay's fast path is to be; null where that makes no difference.</param>
internal sealed record MeasuredPath(string Name, string Meaning, PathEnds Ends, bool? FastPath)
{
    private readonly List<double> _together = [];
    private readonly List<double> _bulk = [];
    private readonly List<double> _median = [];
    private readonly List<double> _tail = [];
    private readonly List<double> _processor = [];

    internal void Measure(int milliseconds)
    {
        var trips = PathTraffic.RequestResponse(Ends, milliseconds, Processors.RunApart);
        _median.Add(trips.Median);
        _tail.Add(trips.Quantile(0.99));
        _together.Add(PathTraffic.RequestResponse(Ends, milliseconds, Processors.RunTogether).Median);
        _bulk.Add(PathTraffic.Bulk(Ends, milliseconds));
        _processor.Add(PathTraffic.UdpProcessorTime(Ends, milliseconds));
    }

    internal void Report(BenchRun run)
    {
        run.Median($"{Name}_rr_p50_us", _median, "us", $"{Meaning}: round trip of one byte over TCP, median");
        run.Median($"{Name}_rr_p99_us", _tail, "us", $"{Meaning}: the same, 99th percentile");
        run.Median($"{Name}_rr_together_p50_us", _together, "us", $"{Meaning}: the median with both ends on one processor, so that none has to be woken");
        run.Median($"{Name}_bulk_gbps", _bulk, "Gbit/s", $"{Meaning}: one TCP stream");
        run.Median($"{Name}_udp_cpu_ns", _processor, "ns", $"{Meaning}: processor time to send a small datagram");
    }
}
