using System.Diagnostics.Metrics;
using Bpf.FastPath.Endpoints;
using Cni.Agent.Journal;
using Ovs.Ovsdb;

namespace Cni.Agent.Observing;

/// <summary>What the agent measures, for whoever listens (System.Diagnostics.Metrics, OpenTelemetry).</summary>
internal sealed class AgentMetrics : IDisposable
{
    /// <summary>The name of the meter.</summary>
    internal const string MeterName = "fabric.agent";

    // From what a step of an ADD takes when all is ready, to what the longest wait is allowed.
    private static readonly InstrumentAdvice<double> Seconds = new()
    {
        HistogramBucketBoundaries = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120],
    };

    private readonly Counter<long> _requests;
    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _steps;

    /// <summary>Makes the instruments of requests; those of the node come with <see cref="Observe"/>.</summary>
    internal AgentMetrics()
    {
        _requests = Meter.CreateCounter<long>("fabric.cni.requests", "{request}", "CNI requests answered, by command and by the error code of the specification; 0 is success.");
        _duration = Meter.CreateHistogram("fabric.cni.request.duration", "s", "How long CNI requests took, by command and outcome.", advice: Seconds);
        _steps = Meter.CreateHistogram("fabric.cni.step.duration", "s", "What CNI requests that were granted spent their time on, by command and step.", advice: Seconds);
    }

    /// <summary>The meter of this agent alone.</summary>
    internal Meter Meter { get; } = new(MeterName);

    /// <summary>Counts a request.</summary>
    internal void Count(string command, RequestOutcome outcome, TimeSpan elapsed, IReadOnlyList<(RequestStep Step, TimeSpan Time)> steps)
    {
        var by = KeyValuePair.Create<string, object?>("command", command);
        _requests.Add(1, by, KeyValuePair.Create<string, object?>("code", outcome.Code));
        _duration.Record(elapsed.TotalSeconds, by, KeyValuePair.Create<string, object?>("outcome", outcome.IsGranted ? "granted" : "failed"));
        if (outcome.IsGranted)
        {
            foreach (var (step, time) in steps)
            {
                _steps.Record(time.TotalSeconds, by, KeyValuePair.Create<string, object?>("step", NameOf(step)));
            }
        }
    }

    /// <summary>Makes the instruments that look at the node whenever somebody collects.</summary>
    internal void Observe(AttachmentJournal journal, EndpointDatapath datapath, OvsdbClient ovsdb, PeerWatch peers)
    {
        Meter.CreateObservableGauge(
            "fabric.attachments",
            () => CountByStep(journal).Select(pair => Of(pair.Value, "step", NameOf(pair.Key))),
            "{attachment}", "Attachments in the node's journal, by how far they are; those finished are the endpoints of the node.");
        Meter.CreateObservableGauge(
            "fabric.bpf.map.entries", () => datapath.ReadMapSizes().Select(map => Of(map.Entries, "map", map.Map)), "{entry}", "Entries of an eBPF map.");
        Meter.CreateObservableGauge(
            "fabric.bpf.map.max_entries", () => datapath.ReadMapSizes().Select(map => Of(map.MaxEntries, "map", map.Map)), "{entry}", "The most entries that an eBPF map can have.");
        Meter.CreateObservableGauge(
            "fabric.peer.up", () => peers.Latest.Select(peer => Of(peer.IsUp ? 1 : 0, "peer", peer.Name)), null, "Whether those on whom the agent depends answered when they were last asked: 1 or 0.");
        Meter.CreateObservableCounter(
            "fabric.peer.connections", () => Of((int)ovsdb.Connections, "peer", PeerWatch.Database), "{connection}", "How often a connection came about; more than once means that it was lost.");
    }

    /// <inheritdoc/>
    public void Dispose() => Meter.Dispose();

    internal static IReadOnlyDictionary<AttachmentStep, int> CountByStep(AttachmentJournal journal)
    {
        var counts = Enum.GetValues<AttachmentStep>().ToDictionary(step => step, _ => 0);
        foreach (var record in journal.ReadAll())
        {
            counts[record.Step]++;
        }

        return counts;
    }

    // Names are for programs that were written before a member was renamed: they change only with intent.
    internal static string NameOf(RequestStep step) => step switch
    {
        RequestStep.Turn => "turn",
        RequestStep.Pod => "pod",
        RequestStep.Nic => "nic",
        RequestStep.Journal => "journal",
        RequestStep.Status => "status",
        RequestStep.Veth => "veth",
        RequestStep.SwitchPort => "switch_port",
        RequestStep.Datapath => "datapath",
        RequestStep.Container => "container",
        RequestStep.Flows => "flows",
        _ => "rest",
    };

    internal static string NameOf(AttachmentStep step) => step switch
    {
        AttachmentStep.Pending => "pending",
        AttachmentStep.Started => "started",
        AttachmentStep.Finished => "finished",
        AttachmentStep.Releasing => "releasing",
        _ => throw new ArgumentOutOfRangeException(nameof(step)),
    };

    private static Measurement<int> Of(int value, string label, string content) => new(value, KeyValuePair.Create<string, object?>(label, content));
}
