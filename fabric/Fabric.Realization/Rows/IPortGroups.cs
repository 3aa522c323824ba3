using Fabric.Resources;

namespace Fabric.Realization;

/// <summary>Says which Nics' ports are in which port groups, at the moment it is asked.</summary>
/// <remarks>Asked from any thread, while plans are made: it answers from memory.</remarks>
public interface IPortGroups
{
    /// <summary>The groups that a Nic's port is to be in. Those that are not there it joins when they come.</summary>
    IEnumerable<RowAddress> GroupsOf(ObjectKey nic);

    /// <summary>Those of them without which the port must not come into being, because what may pass is decided there.</summary>
    IEnumerable<RowAddress> RequiredBy(ObjectKey nic);

    /// <summary>Whether a Nic's port is to be in a group; null for a group that nobody knows, and that is left as it is.</summary>
    bool? IsMember(ObjectKey nic, RowAddress group);

    /// <summary>The Nics that are to be in a group.</summary>
    IEnumerable<ObjectKey> MembersOf(RowAddress group);
}

/// <summary>For who has no policies.</summary>
public sealed class NoPortGroups : IPortGroups
{
    /// <summary>The only one.</summary>
    public static NoPortGroups Instance { get; } = new();

    private NoPortGroups()
    {
    }

    /// <inheritdoc/>
    public IEnumerable<RowAddress> GroupsOf(ObjectKey nic) => [];

    /// <inheritdoc/>
    public IEnumerable<RowAddress> RequiredBy(ObjectKey nic) => [];

    /// <inheritdoc/>
    public bool? IsMember(ObjectKey nic, RowAddress group) => null;

    /// <inheritdoc/>
    public IEnumerable<ObjectKey> MembersOf(RowAddress group) => [];
}
