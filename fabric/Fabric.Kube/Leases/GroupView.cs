using Fabric.Primitives;

namespace Fabric.Kube.Leases;

/// <summary>A group of processes as one of its members sees it.</summary>
/// <param name="IsMember">
/// False while this process could not renew its lease in time: the others may be about to take it for gone, so it must not go on.
/// </param>
/// <param name="Term">
/// Changes when the process was taken for gone and came back: what it had may have been in other hands meanwhile. With the same term it
/// was not.
/// </param>
/// <param name="Members">The identities of those that live, in order; with this process' own while it is a member.</param>
public sealed record GroupView(bool IsMember, string Term, EquatableArray<string> Members);
