using System.Runtime.InteropServices;
using Bpf.FastPath.Endpoints;
using Bpf.Interop;
using Cni.Agent.Attaching;
using Cni.Agent.Journal;
using Cni.Datapath;

namespace Cni.Agent.Observing;

/// <summary>Looks at everything that <see cref="AgentStatus"/> tells.</summary>
internal sealed class StatusReader(
    string node, AttachmentJournal journal, EndpointDatapath datapath, FastPathFeeder fastPath, PeerWatch peers, RecentErrors errors, TimeProvider time)
{
    private readonly DateTimeOffset _started = time.GetUtcNow();
    private readonly Lazy<IReadOnlyList<KernelFeature>> _features = new(KernelFeatures.Probe);

    /// <summary>What the kernel has, found out once.</summary>
    internal IReadOnlyList<KernelFeature> Features => _features.Value;

    /// <summary>Whether established flows pass Open vSwitch by now.</summary>
    internal FastPathState FastPath => fastPath.State;

    /// <summary>Reads it now; asks the peers afresh.</summary>
    internal async Task<AgentStatus> ReadAsync(CancellationToken cancellationToken)
    {
        var health = await peers.AskAsync(cancellationToken);
        var records = journal.ReadAll();
        return new AgentStatus
        {
            Node = node,
            Healthy = health.All(peer => peer.IsUp) && Features.All(feature => feature.IsFound || !feature.IsNeeded),
            Pid = Environment.ProcessId,
            Started = _started,
            ResidentBytes = Environment.WorkingSet,
            Versions = VersionsOf(health),
            Peers = health,
            Features = Features,
            FastPath = FastPath,
            Journal = Enum.GetValues<AttachmentStep>().ToDictionary(AgentMetrics.NameOf, step => records.Count(record => record.Step == step)),
            Endpoints = [.. records.Select(EndpointOf).OrderBy(endpoint => endpoint.Pod, StringComparer.Ordinal).ThenBy(endpoint => endpoint.Interface, StringComparer.Ordinal)],
            Maps = datapath.ReadMapSizes(),
            Errors = errors.Read(),
        };
    }

    /// <summary>The versions, as far as the peers said theirs.</summary>
    internal static AgentVersions VersionsOf(IReadOnlyList<PeerHealth> peers) => new(
        typeof(AgentHost).Assembly.GetName().Version!.ToString(3),
        VersionOf(peers, PeerWatch.Switch) ?? VersionOf(peers, PeerWatch.Database),
        VersionOf(peers, PeerWatch.Controller),
        Environment.OSVersion.Version is var kernel && File.Exists("/proc/sys/kernel/osrelease") ? File.ReadAllText("/proc/sys/kernel/osrelease").Trim() : kernel.ToString(),
        LibBpfVersion.Read(),
        RuntimeInformation.FrameworkDescription);

    private static string? VersionOf(IReadOnlyList<PeerHealth> peers, string name) => peers.FirstOrDefault(peer => peer.Name == name)?.Version;

    private static EndpointStatus EndpointOf(AttachmentRecord record) => new(
        $"{record.NicNamespace}/{record.PodName}",
        $"{record.NicNamespace}/{record.NicName}",
        record.Interface,
        DeviceNames.EndpointOf(record.Key),
        record.Result is null ? [] : [.. record.Result.Ips.Select(ip => ip.Address)],
        AgentMetrics.NameOf(record.Step),
        record.ContainerId);
}
