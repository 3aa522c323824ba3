using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Grains.Vpcs;

/// <summary>A Nic asks for a MAC address in its Vpc. The same request again gives the same answer.</summary>
public sealed record MacRequest
{
    /// <summary>The Nic; its uid makes the request repeatable.</summary>
    public required ClaimOwner Owner { get; init; }

    /// <summary>The MAC that it is to be and no other, or null for the one it has or a generated one.</summary>
    public MacAddress? Wanted { get; init; }

    /// <summary>The MAC the Nic's status names, which it keeps if it can.</summary>
    public MacAddress? Current { get; init; }

    /// <summary>Whether a StaticIP is for the Nic, so that it may take what that keeps.</summary>
    public Func<ClaimOwner, bool> IsForOwner { get; init; } = _ => false;
}

/// <summary>A MAC a Nic holds, by a claim that was there a moment ago.</summary>
/// <param name="Mac">The MAC.</param>
/// <param name="Surplus">Other MACs held by the same Nic, which it has to release.</param>
public sealed record MacGrant(MacAddress Mac, EquatableArray<HeldMac> Surplus);

/// <summary>A MAC and the very version of the claim by which it is held.</summary>
/// <param name="Mac">The MAC.</param>
/// <param name="ClaimVersion">The claim's resourceVersion: a claim that anybody wrote since is not the one that is meant.</param>
public readonly record struct HeldMac(MacAddress Mac, string ClaimVersion);
