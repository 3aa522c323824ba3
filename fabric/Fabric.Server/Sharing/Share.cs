using Fabric.Primitives;

namespace Fabric.Server.Sharing;

/// <summary>What one replica works on.</summary>
/// <param name="Self">This replica's identity.</param>
/// <param name="Term">See <see cref="Kube.Leases.GroupView.Term"/>.</param>
/// <param name="Members">The identities of all replicas.</param>
internal sealed record Share(string Self, string Term, EquatableArray<string> Members)
{
    /// <summary>The share of one who is not among the replicas yet.</summary>
    internal static Share Nothing { get; } = new("", "", []);

    /// <summary>Whether this replica works on it.</summary>
    internal bool Owns(SharingKey key) => Rendezvous.OwnerOf(Members, key.Text) == Self;

    /// <summary>Whether it is this replica's now and was, or may have been, another's.</summary>
    internal bool HasGained(SharingKey key, Share before) => Owns(key) && !(before.Term == Term && before.Owns(key));

    /// <summary>Whether it was this replica's and is another's now.</summary>
    internal bool HasLost(SharingKey key, Share before) => before.Owns(key) && !Owns(key);
}
