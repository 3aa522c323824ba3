namespace Fabric.Kube.Leases;

/// <summary>Another process has joined the group under the same identity; this one must end.</summary>
public sealed class IdentityTakenException(string identity)
    : Exception($"another process runs as \"{identity}\": each needs an identity of its own")
{
    /// <summary>The identity that two have.</summary>
    public string Identity { get; } = identity;
}
