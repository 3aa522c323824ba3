using Fabric.Policy.Validating;
using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Policy.Model;

/// <summary>A SecurityGroup or NetworkPolicy as rules of one form.</summary>
public sealed record CompiledPolicy
{
    /// <summary>The object.</summary>
    public required PolicyId Id { get; init; }

    /// <summary>The Nics of its namespace that it is for, by labels; null for none.</summary>
    public LabelSelector? Selector { get; init; }

    /// <summary>Whether Nics may name it.</summary>
    public bool IsNamed { get; init; }

    /// <summary>Its rules, those that deny what no other matches among them.</summary>
    public EquatableArray<PolicyRule> Rules { get; init; }

    /// <summary>What of it is too much, so that not all of its rules are among <see cref="Rules"/>; nothing of most.</summary>
    public EquatableArray<PolicyTooLarge> TooLarge { get; init; }

    /// <summary>Whether it is for a Nic.</summary>
    public bool Selects(PolicyEndpoint nic) =>
        nic.Nic.Namespace == Id.Key.Namespace
        && (Selector?.Matches(nic.Labels) == true || (IsNamed && nic.SecurityGroups.Contains(Id.Key.Name)));

    /// <summary>The groups of Nics that its rules speak of.</summary>
    public IEnumerable<PeerSelector> Peers =>
        Rules.SelectMany(rule => rule.Peers.OfType<PolicyPeer.Nics>().Select(peer => peer.Selector).Concat(rule.Subject is { } subject ? [subject] : [])).Distinct();
}

/// <summary>One rule. All that it says must hold of a connection.</summary>
public sealed record PolicyRule
{
    /// <summary>Where it stands in its object, such as <c>ingress[0]</c>; unique in the policy.</summary>
    public required string Part { get; init; }

    /// <summary>The direction it is for.</summary>
    public required PolicyDirection Direction { get; init; }

    /// <summary>Its place among all rules: <see cref="RuleOrder"/>.</summary>
    public required int Rank { get; init; }

    /// <summary>What it does.</summary>
    public required SecurityAction Action { get; init; }

    /// <summary>The family, or none for both.</summary>
    public IpFamily Family { get; init; }

    /// <summary>The other ends, any of them; null for everybody. An empty list is nobody.</summary>
    public EquatableArray<PolicyPeer>? PeersOrAll { get; init; }

    /// <summary>The other ends that are listed.</summary>
    public EquatableArray<PolicyPeer> Peers => PeersOrAll ?? [];

    /// <summary>The traffic, any of it; null for all. An empty list is none.</summary>
    public EquatableArray<TrafficMatch>? TrafficOrAll { get; init; }

    /// <summary>Only those of the policy's Nics, or null for all of them.</summary>
    public PeerSelector? Subject { get; init; }

    /// <summary>Whether it is what the policy says of connections that no other rule of it matches.</summary>
    public bool IsDefault { get; init; }

    /// <summary>Whether connections are not tracked.</summary>
    public bool IsStateless { get; init; }

    /// <summary>Whether packets that it decides are logged.</summary>
    public bool IsLogged { get; init; }
}
