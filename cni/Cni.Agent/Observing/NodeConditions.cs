using Cni.Datapath;
using Fabric.Primitives;
using Fabric.Resources.Core;

namespace Cni.Agent.Observing;

/// <summary>What a Node's conditions say of its network, decided from what was found.</summary>
internal static class NodeConditions
{
    /// <summary>Kubernetes' own: True keeps new pods away.</summary>
    internal const string NetworkUnavailable = "NetworkUnavailable";

    /// <summary>Whether the node's agent serves, and which versions it works with.</summary>
    internal const string AgentReady = "FabricAgentReady";

    /// <summary>Whether the kernel has all that Fabric makes use of.</summary>
    internal const string KernelComplete = "FabricKernelComplete";

    /// <summary>Whether established flows pass Open vSwitch by, and why not.</summary>
    internal const string FastPathEnabled = "FabricFastPath";

    /// <summary>The types that are the agent's to write.</summary>
    internal static IReadOnlyList<string> Types { get; } = [NetworkUnavailable, AgentReady, KernelComplete, FastPathEnabled];

    /// <summary>Decides them. Nothing in them changes while nothing is the matter, so that nothing needs to be written.</summary>
    internal static IReadOnlyList<StatusCondition> Of(IReadOnlyList<PeerHealth> peers, IReadOnlyList<KernelFeature> features, AgentVersions versions, FastPathState fastPath)
    {
        // Who can read this has the API; without it the agent could not have written it either.
        var down = peers.FirstOrDefault(peer => !peer.IsUp && peer.Name != PeerWatch.Api);
        var missing = features.Where(feature => !feature.IsFound).ToArray();
        return
        [
            down is null
                ? Condition(NetworkUnavailable, holds: false, "FabricIsUp", "pods can be attached")
                : Condition(NetworkUnavailable, holds: true, ReasonOf(down), $"{down.Name}: {down.Problem}"),
            Condition(AgentReady, holds: true, "AgentServes", Text(versions)),
            Array.TrueForAll(missing, feature => !feature.IsNeeded)
                ? Condition(KernelComplete, missing.Length == 0, missing.Length == 0 ? "AllFound" : "WorksWithout", Text(missing))
                : Condition(KernelComplete, holds: false, "NeededIsMissing", Text([.. missing.Where(feature => feature.IsNeeded)])),
            Condition(FastPathEnabled, fastPath.IsEnabled, fastPath.Reason, fastPath.Message),
        ];
    }

    /// <summary>What remains to be said when an agent ends in order.</summary>
    internal static StatusCondition Stopped { get; } =
        Condition(AgentReady, holds: false, "AgentStopped", "endpoints go on; new pods wait until fabric agent runs again");

    /// <summary>The conditions to write, of those that are wanted: those that a Node does not have so, their times set.</summary>
    /// <param name="known">What the Node has now.</param>
    internal static IReadOnlyList<StatusCondition> Changes(EquatableArray<StatusCondition>? known, IReadOnlyList<StatusCondition> wanted, DateTimeOffset now)
    {
        var changes = new List<StatusCondition>();
        foreach (var condition in wanted)
        {
            var old = known?.FirstOrDefault(each => each.Type == condition.Type);
            if (old is null || (old.Status, old.Reason, old.Message) != (condition.Status, condition.Reason, condition.Message))
            {
                changes.Add(condition with { LastHeartbeatTime = now, LastTransitionTime = old?.Status == condition.Status ? old.LastTransitionTime ?? now : now });
            }
        }

        return changes;
    }

    private static StatusCondition Condition(string type, bool holds, string reason, string message) =>
        new() { Type = type, Status = holds ? "True" : "False", Reason = reason, Message = message };

    private static string ReasonOf(PeerHealth down) => down.Name switch
    {
        PeerWatch.Database => "SwitchDatabaseDown",
        PeerWatch.Switch => "SwitchDown",
        _ => "OvnControllerNotReady",
    };

    private static string Text(AgentVersions versions) =>
        $"fabric {versions.Fabric}, Open vSwitch {versions.OpenVSwitch ?? "unknown"}, OVN {versions.Ovn ?? "unknown"}, Linux {versions.Kernel}, libbpf {versions.LibBpf ?? "unknown"}";

    private static string Text(KernelFeature[] missing) => missing.Length == 0
        ? "the kernel has all that Fabric makes use of"
        : string.Join("; ", missing.Select(feature => $"no {feature.Name} ({feature.Purpose}; {feature.Remedy})"));
}
