using Fabric.Grains.Claims;
using Fabric.Primitives;

namespace Fabric.Grains.Vpcs;

/// <summary>The MAC address asked for is another's in the Vpc.</summary>
/// <param name="Mac">The address.</param>
/// <param name="Holders">Who holds it.</param>
/// <param name="Vpc">The Vpc in which it is unique.</param>
public sealed record MacTaken(MacAddress Mac, ClaimHolders Holders, string Vpc) : Refusal
{
    /// <inheritdoc/>
    public override string Reason => nameof(MacTaken);

    /// <inheritdoc/>
    public override string Message => Holders switch
    {
        { Owner: { } nic, Reservation: { } kept } => $"{Mac} is held by Nic {nic} and kept for it by StaticIP {kept} in Vpc {Vpc}. Ask for another MAC, for none, or change that StaticIP.",
        { Owner: { } nic } => $"{Mac} is held by Nic {nic} in Vpc {Vpc}. Ask for another MAC, for none, or delete that Nic's owner.",
        { Reservation: { } kept } => $"{Mac} is kept for others by StaticIP {kept} in Vpc {Vpc}. Ask for another MAC, for none, or change that StaticIP.",
        _ => $"{Mac} is held by another in Vpc {Vpc}. Ask for another MAC, or for none.",
    };
}

/// <summary>The MAC address asked for cannot be a host's.</summary>
/// <param name="Mac">The address.</param>
public sealed record MacUnusable(MacAddress Mac) : Refusal
{
    /// <inheritdoc/>
    public override string Reason => nameof(MacUnusable);

    /// <inheritdoc/>
    public override string Message => $"{Mac} is a group address or all zero (IEEE 802 clause 8.2), which no interface can have. Ask for a unicast one, or for none.";
}
