using Fabric.Resources;

namespace Fabric.Server.Sharing;

/// <summary>What replicas share by: objects with the same key are always worked on by the same replica.</summary>
/// <param name="Text">The same in every replica, of whatever version.</param>
internal readonly record struct SharingKey(string Text)
{
    /// <summary>What concerns all: only one replica does it.</summary>
    internal static SharingKey Everything { get; } = new("everything");

    /// <summary>A Vpc.</summary>
    internal static SharingKey Vpc(string name) => new($"vpc/{name}");

    /// <summary>A Subnet and all that gets addresses of it, so that one process chooses them.</summary>
    internal static SharingKey Subnet(string name) => new($"subnet/{name}");

    /// <summary>A QosPolicy.</summary>
    internal static SharingKey QosPolicy(string name) => new($"qospolicy/{name}");

    /// <summary>What a SecurityGroup says of itself.</summary>
    internal static SharingKey SecurityGroup(ObjectKey key) => new($"securitygroup/{key}");

    /// <summary>A pod or VM.</summary>
    internal static SharingKey Workload(ObjectKey key) => new($"workload/{key}");
}
