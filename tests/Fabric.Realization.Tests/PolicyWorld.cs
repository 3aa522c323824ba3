using Fabric.Policy.Compiling;
using Fabric.Policy.Evaluating;
using Fabric.Policy.Model;
using Fabric.Resources;

namespace Fabric.Realization.Tests;

/// <summary>Nics and the policies for them, as the control plane's book has them.</summary>
public sealed class PolicyWorld : IPortGroups
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ObjectKey, PolicyEndpoint> _nics = [];
    private readonly Dictionary<PolicyId, CompiledPolicy> _policies = [];

    public IReadOnlyList<PolicyEndpoint> Nics
    {
        get
        {
            lock (_lock)
            {
                return [.. _nics.Values];
            }
        }
    }

    public IReadOnlyList<CompiledPolicy> Policies
    {
        get
        {
            lock (_lock)
            {
                return [.. _policies.Values.Select(policy => NamedPorts.Resolve(
                    policy, (name, protocol) => _nics.Values.SelectMany(nic => nic.NamedPorts).Where(port => port.Name == name && port.Protocol == protocol).Select(port => port.Number)))];
            }
        }
    }

    /// <summary>With the names that its policies have, which are what is compared with.</summary>
    public PolicyEvaluator Evaluator
    {
        get
        {
            lock (_lock)
            {
                return new PolicyEvaluator([.. _policies.Values]);
            }
        }
    }

    public void Set(PolicyEndpoint nic)
    {
        lock (_lock)
        {
            _nics[nic.Nic] = nic;
        }
    }

    public void Set(CompiledPolicy policy)
    {
        lock (_lock)
        {
            _policies[policy.Id] = policy;
        }
    }

    public void Remove(PolicyId policy)
    {
        lock (_lock)
        {
            _policies.Remove(policy);
        }
    }

    /// <summary>Realizes all policies, those first whom they speak of.</summary>
    public Task RealizeAsync(NorthboundRealizer realizer, CancellationToken cancellationToken)
    {
        var policies = Policies.Select(policy => (Policy: policy, Vpcs: Nics.Where(policy.Selects).Select(nic => nic.Vpc).Distinct().Order(StringComparer.Ordinal).ToArray())).ToList();
        return Task.WhenAll(
        [
            .. policies.SelectMany(each => each.Vpcs.SelectMany(vpc => each.Policy.Peers.Select(peers => (vpc, peers)))).Distinct()
                .Select(each => (Task)realizer.ApplyAsync(each.peers, each.vpc, cancellationToken)),
            .. policies.Select(each => (Task)realizer.ApplyAsync(each.Policy, each.Vpcs, cancellationToken)),
        ]);
    }

    public IEnumerable<RowAddress> GroupsOf(ObjectKey nic) => Find(nic) is not { } found ? [] :
    [
        .. Policies.Where(policy => policy.Selects(found)).Select(policy => NorthboundNames.PolicyGroupRow(policy.Id, found.Vpc)),
        .. Peers().Where(peers => peers.Matches(found, FindGroup)).Select(peers => NorthboundNames.PeersGroupRow(peers, found.Vpc)),
    ];

    public IEnumerable<RowAddress> RequiredBy(ObjectKey nic) => GroupsOf(nic).Where(group => group.Identity.Owner.Kind != RowOwnerKind.Peers);

    public bool? IsMember(ObjectKey nic, RowAddress group) =>
        Find(nic) is null || !IsKnown(group) ? null : GroupsOf(nic).Contains(group);

    public IEnumerable<ObjectKey> MembersOf(RowAddress group) => Nics.Select(nic => nic.Nic).Where(nic => GroupsOf(nic).Contains(group));

    private bool IsKnown(RowAddress group) =>
        Policies.Any(policy => RowOwner.Policy(policy.Id) == group.Identity.Owner) || Peers().Any(peers => peers.Key == group.Identity.Owner.Key.Name);

    private IEnumerable<PeerSelector> Peers() => Policies.SelectMany(policy => policy.Peers).DistinctBy(peers => peers.Key);

    private PolicyEndpoint? Find(ObjectKey nic)
    {
        lock (_lock)
        {
            return _nics.GetValueOrDefault(nic);
        }
    }

    private CompiledPolicy? FindGroup(ObjectKey key)
    {
        lock (_lock)
        {
            return _policies.GetValueOrDefault(new(PolicyKind.SecurityGroup, key));
        }
    }
}
