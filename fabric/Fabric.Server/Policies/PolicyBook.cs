using System.Collections.Immutable;
using Fabric.Policy.Compiling;
using Fabric.Policy.Model;
using Fabric.Realization;
using Fabric.Resources;
using Fabric.Server.Control;

namespace Fabric.Server.Policies;

/// <summary>The policies there are as rules, and which Nics are in which of their groups, by what is watched.</summary>
/// <remarks>
/// Every replica has the whole book: a Nic's port is planned where its Nic is worked on, and the groups where the policies are. It is
/// the same sentence each time, "is this Nic chosen", asked of what was last seen; nothing is remembered that an event could contradict.
/// </remarks>
internal sealed class PolicyBook : IPortGroups
{
    private readonly Watched _watched;
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Name, SecurityProtocol Protocol), ImmutableSortedDictionary<int, int>> _numbers = [];
    private ImmutableDictionary<PolicyId, CompiledPolicy> _compiled = ImmutableDictionary<PolicyId, CompiledPolicy>.Empty;
    private volatile Edition _edition = new(
        ImmutableDictionary<PolicyId, CompiledPolicy>.Empty, ImmutableDictionary<string, ImmutableArray<CompiledPolicy>>.Empty, ImmutableDictionary<string, PeerSelector>.Empty);

    internal PolicyBook(Watched watched)
    {
        _watched = watched;
        watched.SecurityGroups.Subscribe(change => Take(
            new(PolicyKind.SecurityGroup, ResourceTypes.SecurityGroups.KeyOf(change.Current)), change.New is { } group ? SecurityGroupCompiler.Compile(group) : null));
        watched.NetworkPolicies.Subscribe(change => Take(
            new(PolicyKind.NetworkPolicy, ResourceTypes.NetworkPolicies.KeyOf(change.Current)), change.New is { } policy ? NetworkPolicyCompiler.Compile(policy) : null));
        watched.Pods.Subscribe(change => Count(change.Old, change.New));
        watched.VirtualMachines.Subscribe(change => Count(change.Old, change.New));
        watched.Instances.Subscribe(change => Count(change.Old, change.New));
    }

    /// <summary>All policies, without names of ports.</summary>
    internal IEnumerable<CompiledPolicy> Policies => _edition.Policies.Values;

    /// <summary>Whether there is none.</summary>
    internal bool IsEmpty => _edition.Policies.IsEmpty;

    /// <summary>The groups of Nics that rules speak of.</summary>
    internal IEnumerable<PeerSelector> Peers => _edition.Peers.Values;

    /// <summary>The Vpcs in which a policy is for Nics, in order.</summary>
    internal IReadOnlyList<string> VpcsOf(CompiledPolicy policy) =>
    [
        .. _watched.NicsOfNamespace.Find(policy.Id.Key.Namespace!)
            .GroupBy(VpcOf).Where(nics => nics.Key is not null && nics.Any(nic => Read(nic) is { } endpoint && policy.Selects(endpoint)))
            .Select(nics => nics.Key!).Order(StringComparer.Ordinal),
    ];

    /// <summary>How many Nics a policy is for.</summary>
    internal int CountOf(PolicyId id) => _edition.Policies.TryGetValue(id, out var policy)
        ? _watched.NicsOfNamespace.Find(id.Key.Namespace!).Count(nic => Read(nic) is { } endpoint && policy.Selects(endpoint))
        : 0;

    /// <summary>Whether rules of a Vpc speak of these Nics.</summary>
    internal bool Uses(RowOwner peers) => _edition.Policies.Values.Any(policy =>
        policy.Peers.Any(each => each.Key == peers.Key.Name) && VpcsOf(policy).Contains(peers.Key.Namespace!, StringComparer.Ordinal));

    /// <summary>The Nics that may be in groups of these peers, in whatever Vpc.</summary>
    internal IEnumerable<ObjectKey> NicsOf(IEnumerable<PeerSelector> peers) =>
        peers.SelectMany(each => Candidates(each).Where(nic => Read(nic) is { } endpoint && each.Matches(endpoint, FindGroup))).Select(ResourceTypes.Nics.KeyOf).Distinct();

    /// <inheritdoc/>
    public IEnumerable<RowAddress> GroupsOf(ObjectKey nic)
    {
        if (IsEmpty || _watched.Nics.Get(nic) is not { } found || Read(found) is not { } endpoint)
        {
            return [];
        }

        var edition = _edition;
        return
        [
            .. edition.Of(nic.Namespace).Where(policy => policy.Selects(endpoint)).Select(policy => NorthboundNames.PolicyGroupRow(policy.Id, endpoint.Vpc)),
            .. edition.Peers.Values.Where(each => each.Matches(endpoint, FindGroup)).Select(each => NorthboundNames.PeersGroupRow(each, endpoint.Vpc)),
        ];
    }

    /// <inheritdoc/>
    /// <remarks>A group that it names is asked for also when there is no such group: until it comes, nobody has said what may pass.</remarks>
    public IEnumerable<RowAddress> RequiredBy(ObjectKey nic)
    {
        if (_watched.Nics.Get(nic) is not { } found || Read(found) is not { } endpoint)
        {
            return [];
        }

        return _edition.Of(nic.Namespace).Where(policy => policy.Selects(endpoint)).Select(policy => policy.Id)
            .Union(endpoint.SecurityGroups.Select(name => new PolicyId(PolicyKind.SecurityGroup, new(nic.Namespace, name))))
            .Select(id => NorthboundNames.PolicyGroupRow(id, endpoint.Vpc));
    }

    /// <inheritdoc/>
    public bool? IsMember(ObjectKey nic, RowAddress group)
    {
        var owner = group.Identity.Owner;
        if (_watched.Nics.Get(nic) is not { } found || Read(found) is not { } endpoint)
        {
            return null;
        }

        if (PolicyOf(owner) is { } id)
        {
            return !_edition.Policies.TryGetValue(id, out var policy) ? null
                : policy.Selects(endpoint) && group == NorthboundNames.PolicyGroupRow(id, endpoint.Vpc);
        }

        return owner.Kind != RowOwnerKind.Peers || !_edition.Peers.TryGetValue(owner.Key.Name, out var peers) ? null
            : endpoint.Vpc == owner.Key.Namespace && peers.Matches(endpoint, FindGroup);
    }

    /// <inheritdoc/>
    public IEnumerable<ObjectKey> MembersOf(RowAddress group)
    {
        var owner = group.Identity.Owner;
        var candidates = PolicyOf(owner) is not null ? _watched.NicsOfNamespace.Find(owner.Key.Namespace!)
            : owner.Kind == RowOwnerKind.Peers && _edition.Peers.TryGetValue(owner.Key.Name, out var peers) ? Candidates(peers)
            : [];
        return candidates.Select(ResourceTypes.Nics.KeyOf).Where(nic => IsMember(nic, group) == true);
    }

    private static PolicyId? PolicyOf(RowOwner owner) => owner.Kind switch
    {
        RowOwnerKind.SecurityGroup => new(PolicyKind.SecurityGroup, owner.Key),
        RowOwnerKind.NetworkPolicy => new(PolicyKind.NetworkPolicy, owner.Key),
        _ => null,
    };

    private IReadOnlyList<Nic> Candidates(PeerSelector peers) => (peers.Group?.Namespace ?? peers.Namespace) is { } ns ? _watched.NicsOfNamespace.Find(ns) : _watched.Nics.List();

    private string? VpcOf(Nic nic) => _watched.Subnets.Get(new ObjectKey(nic.Spec.Subnet))?.Spec.Vpc;

    private PolicyEndpoint? Read(Nic nic) => VpcOf(nic) is not { } vpc
        ? null
        : EndpointReader.Read(nic, vpc, _watched.Namespaces.Get(new ObjectKey(nic.Metadata.Namespace!)), _watched.OwnerOf(nic));

    private CompiledPolicy? FindGroup(ObjectKey key) => _edition.Policies.GetValueOrDefault(new(PolicyKind.SecurityGroup, key));

    private void Take(PolicyId id, CompiledPolicy? policy)
    {
        lock (_lock)
        {
            _compiled = policy is null ? _compiled.Remove(id) : _compiled.SetItem(id, policy);
            Publish();
        }
    }

    /// <summary>Keeps count of the numbers that names of ports stand for.</summary>
    private void Count(IKubeObject? old, IKubeObject? owner)
    {
        var before = EndpointReader.PortsOf(old);
        var after = EndpointReader.PortsOf(owner);
        if (before == after)
        {
            return;
        }

        lock (_lock)
        {
            foreach (var port in before)
            {
                var numbers = _numbers[(port.Name, port.Protocol)];
                _numbers[(port.Name, port.Protocol)] = numbers[port.Number] > 1 ? numbers.SetItem(port.Number, numbers[port.Number] - 1) : numbers.Remove(port.Number);
            }

            foreach (var port in after)
            {
                var numbers = _numbers.GetValueOrDefault((port.Name, port.Protocol), ImmutableSortedDictionary<int, int>.Empty);
                _numbers[(port.Name, port.Protocol)] = numbers.SetItem(port.Number, numbers.GetValueOrDefault(port.Number) + 1);
            }

            Publish();
        }
    }

    private void Publish()
    {
        var policies = _compiled.Values
            .Select(policy => NamedPorts.Resolve(policy, (name, protocol) => _numbers.GetValueOrDefault((name, protocol), ImmutableSortedDictionary<int, int>.Empty).Keys))
            .ToImmutableDictionary(policy => policy.Id);
        _edition = new(
            policies,
            policies.Values.GroupBy(policy => policy.Id.Key.Namespace!).ToImmutableDictionary(group => group.Key, group => group.ToImmutableArray()),
            policies.Values.SelectMany(policy => policy.Peers).DistinctBy(each => each.Key).ToImmutableDictionary(each => each.Key));
    }

    /// <summary>The book at a moment.</summary>
    private sealed record Edition(
        ImmutableDictionary<PolicyId, CompiledPolicy> Policies,
        ImmutableDictionary<string, ImmutableArray<CompiledPolicy>> ByNamespace,
        ImmutableDictionary<string, PeerSelector> Peers)
    {
        internal ImmutableArray<CompiledPolicy> Of(string? ns) => ns is not null && ByNamespace.TryGetValue(ns, out var policies) ? policies : [];
    }
}
