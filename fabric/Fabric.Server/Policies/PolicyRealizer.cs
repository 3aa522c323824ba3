using Fabric.Grains.Events;
using Fabric.Policy.Model;
using Fabric.Policy.Validating;
using Fabric.Primitives;
using Fabric.Realization;
using Fabric.Server.Control;
using Fabric.Server.Realization;

namespace Fabric.Server.Policies;

/// <summary>Has OVN's port groups and rules be as the policies say. One replica does it for all: there are far fewer than Nics.</summary>
internal sealed class PolicyRealizer(Watched watched, PolicyBook book, NorthboundRealizer northbound, IEventSink events, TimeProvider time)
{
    // While OVN is away everybody else's work goes on; it comes again.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SoonAgain = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private Dictionary<PolicyId, Wanted> _wanted = [];
    private HashSet<(string Vpc, PeerSelector Peers)> _peers = [];

    /// <summary>Looks at all policies and writes what has changed.</summary>
    /// <returns>When to come again although nothing changes, or null.</returns>
    internal async Task<TimeSpan?> ReconcileAsync(CancellationToken cancellationToken)
    {
        List<Task<RealizationOutcome>> writes = [];
        HashSet<(string Vpc, PeerSelector Peers)> unused;
        lock (_lock)
        {
            var wanted = book.Policies.Select(policy => new Wanted(policy, [.. book.VpcsOf(policy)])).ToDictionary(each => each.Policy.Id);
            var peers = wanted.Values.SelectMany(each => each.Vpcs.SelectMany(vpc => each.Policy.Peers.Select(peers => (Vpc: vpc, Peers: peers)))).ToHashSet();
            unused = [.. _peers.Except(peers)];
            // Whom rules speak of before the rules: in one transaction, or in an earlier one.
            writes.AddRange(peers.Except(_peers).Select(each => northbound.ApplyAsync(each.Peers, each.Vpc, cancellationToken)));
            writes.AddRange(wanted.Values.Where(each => _wanted.GetValueOrDefault(each.Policy.Id) != each)
                .Select(each => northbound.ApplyAsync(each.Policy, each.Vpcs, cancellationToken)));
            writes.AddRange(_wanted.Keys.Except(wanted.Keys).Select(id => northbound.RemoveAsync(RowOwner.Policy(id), cancellationToken)));
            TellOfNetworkPolicies(wanted);
            _wanted = wanted;
            // Those that are not used any more go when no rule speaks of them: see below.
            _peers = [.. peers, .. unused];
        }

        try
        {
            foreach (var outcome in await Task.WhenAll(writes).WaitAsync(Patience, time, cancellationToken))
            {
                GrainRealizer.Require(outcome);
            }

            lock (_lock)
            {
                _peers.ExceptWith(unused);
            }

            await Task.WhenAll(unused.Select(each => northbound.RemoveAsync(RowOwner.Peers(each.Vpc, each.Peers.Key), cancellationToken))).WaitAsync(Patience, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // What is wanted is written by itself; what no rule speaks of any more is looked at again.
            return SoonAgain;
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            GiveUp();
            throw;
        }

        return null;
    }

    /// <summary>Wants nothing any more: another replica does, or it is begun anew. The rows stay.</summary>
    internal void GiveUp()
    {
        lock (_lock)
        {
            foreach (var owner in _wanted.Keys.Select(RowOwner.Policy).Concat(_peers.Select(each => RowOwner.Peers(each.Vpc, each.Peers.Key))))
            {
                northbound.Forget(owner);
            }

            _wanted = [];
            _peers = [];
        }
    }

    /// <summary>A SecurityGroup says it in conditions; a NetworkPolicy has no status.</summary>
    private void TellOfNetworkPolicies(Dictionary<PolicyId, Wanted> wanted)
    {
        foreach (var (id, now) in wanted)
        {
            var before = _wanted.GetValueOrDefault(id);
            if (id.Kind != PolicyKind.NetworkPolicy || before == now || watched.NetworkPolicies.Get(id.Key) is not { } policy)
            {
                continue;
            }

            if (now.Vpcs.IsEmpty && before is not { Vpcs.IsEmpty: true })
            {
                events.Normal(policy.ToReference(), "SelectsNothing", $"No VM or pod of namespace {id.Key.Namespace} has the labels of spec.podSelector: its rules concern nobody yet.");
            }

            if (before?.Policy == now.Policy)
            {
                continue;
            }

            foreach (var tooLarge in now.Policy.TooLarge)
            {
                events.Warning(
                    policy.ToReference(), tooLarge.Reason,
                    $"{tooLarge} Until then as many are in force as there is room for, and what the others allow is denied. A port by name is one for each number that it has at some pod.");
            }

            if (NetworkPolicyRules.Warn(policy) is { Count: > 0 } broad)
            {
                events.Normal(policy.ToReference(), "AllowsEverything", $"{broad[0]}{(broad.Count > 1 ? $", and so it is with {broad.Count - 1} more" : "")}.");
            }
        }
    }

    /// <summary>A policy, and where it is for Nics.</summary>
    private sealed record Wanted(CompiledPolicy Policy, EquatableArray<string> Vpcs);
}
