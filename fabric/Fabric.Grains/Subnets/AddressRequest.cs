using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Grains.Subnets;

/// <summary>A Nic asks its Subnet for addresses. The same request again gives the same answer.</summary>
/// <param name="Nic">The Nic, with its wishes, and with what it has in its status.</param>
/// <param name="IsAttached">It is plugged in: what it has stays as it is, because a guest uses it.</param>
public sealed record AddressRequest(Nic Nic, bool IsAttached)
{
    /// <summary>The Nic as a holder of claims; its uid makes the request repeatable.</summary>
    public ClaimOwner Owner { get; } = new() { Namespace = Nic.Metadata.Namespace!, Name = Nic.Metadata.Name!, Uid = Nic.Metadata.Uid! };

    /// <summary>The address of a family that the user asks for, or null for any.</summary>
    public IpAddress? WantedOf(IpFamily family)
    {
        foreach (var address in Nic.Spec.Addresses)
        {
            if (address.Family == family)
                return address;
        }
        return null;
    }

    /// <summary>The address of a family that the Nic's status names, which it keeps if it can; null when it has none yet.</summary>
    public IpAddress? CurrentOf(IpFamily family)
    {
        foreach (var address in Nic.Status?.Addresses ?? [])
        {
            if (address.Family == family)
                return address.Address;
        }
        return null;
    }
}

/// <summary>What a Nic is to try so that it has its addresses.</summary>
/// <param name="Subnet">The Subnet as it is now.</param>
/// <param name="Choices">One address of each family of the Subnet, IPv4 first.</param>
/// <param name="StaticIPs">The StaticIPs that are for the Nic: what they keep is for it.</param>
/// <param name="IsOutdated">The Nic is plugged in and would get something else if it were not.</param>
public sealed record AddressPlan(Subnet Subnet, EquatableArray<AddressChoice> Choices, EquatableArray<StaticIP> StaticIPs, bool IsOutdated);

/// <summary>An address to try: to make its claim, or to make sure of it.</summary>
/// <param name="Address">The address.</param>
/// <param name="IsFirm">It is this one or none: the user asks for it.</param>
/// <param name="IsThoughtFree">There is no claim as far as is known.</param>
/// <param name="Source">The object that decided it (<c>StaticIP web</c>, <c>IPPool blue</c>), or null.</param>
public sealed record AddressChoice(IpAddress Address, bool IsFirm = false, bool IsThoughtFree = false, string? Source = null);

/// <summary>An address and the very version of the claim by which it is held.</summary>
/// <param name="Address">The address.</param>
/// <param name="ClaimVersion">The claim's resourceVersion: a claim that anybody wrote since is not the one that is meant.</param>
public readonly record struct HeldAddress(IpAddress Address, string ClaimVersion);
