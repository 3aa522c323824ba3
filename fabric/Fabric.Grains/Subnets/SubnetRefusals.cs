using Fabric.Grains.Claims;
using Fabric.Primitives;

namespace Fabric.Grains.Subnets;

/// <summary>A Nic names a Subnet that is not there, or that is being deleted.</summary>
/// <param name="Subnet">The name.</param>
public sealed record SubnetNotFound(string Subnet) : Refusal
{
    /// <inheritdoc/>
    public override string Reason => nameof(SubnetNotFound);

    /// <inheritdoc/>
    public override string Message => $"Subnet {Subnet} does not exist. Create it, or name another one.";
}

/// <summary>A Nic names a Subnet that gives out no addresses now.</summary>
/// <param name="Subnet">The name.</param>
/// <param name="Why">What its Ready condition says.</param>
public sealed record SubnetNotReady(string Subnet, string Why) : Refusal
{
    /// <inheritdoc/>
    public override string Reason => nameof(SubnetNotReady);

    /// <inheritdoc/>
    public override string Message => $"Subnet {Subnet} gives out no addresses: {Why}";
}

/// <summary>Every address of the Subnet is taken.</summary>
/// <param name="Subnet">The name.</param>
/// <param name="Cidr">Its range.</param>
/// <param name="Capacity">Addresses it can give out in all.</param>
public sealed record SubnetExhausted(string Subnet, IpPrefix Cidr, long Capacity) : Refusal
{
    /// <inheritdoc/>
    public override string Reason => nameof(SubnetExhausted);

    /// <inheritdoc/>
    public override string Message =>
        $"All {Capacity} addresses of Subnet {Subnet} ({Cidr}) are taken. Delete VMs or pods that are not needed, shorten the Subnet's exclude list or widen its cidr, or use another Subnet.";
}

/// <summary>The address asked for is another's.</summary>
/// <param name="Address">The address.</param>
/// <param name="Holders">Who holds it.</param>
public sealed record AddressTaken(IpAddress Address, ClaimHolders Holders) : Refusal
{
    /// <inheritdoc/>
    public override string Reason => nameof(AddressTaken);

    /// <inheritdoc/>
    public override string Message => $"{Address} is held by {Holders}. Ask for another address, or delete {Holders switch
    {
        { Owner: not null, Reservation: not null } => "both that StaticIP and that Nic's owner",
        { Reservation: not null } => "that StaticIP",
        _ => "that Nic's owner",
    }}.";
}

/// <summary>The address asked for is not in the Subnet.</summary>
/// <param name="Address">The address.</param>
/// <param name="Subnet">The Subnet's name.</param>
/// <param name="Cidrs">Its ranges.</param>
public sealed record AddressOutsideSubnet(IpAddress Address, string Subnet, EquatableArray<IpPrefix> Cidrs) : Refusal
{
    /// <inheritdoc/>
    public override string Reason => nameof(AddressOutsideSubnet);

    /// <inheritdoc/>
    public override string Message => $"{Address} is not in Subnet {Subnet}, which is {string.Join(" and ", Cidrs)}. Ask for an address in it, or for none.";
}

/// <summary>The address asked for is never given out.</summary>
/// <param name="Address">The address.</param>
/// <param name="Use">What it is instead, for example <c>the gateway</c>.</param>
public sealed record AddressReserved(IpAddress Address, string Use) : Refusal
{
    /// <inheritdoc/>
    public override string Reason => nameof(AddressReserved);

    /// <inheritdoc/>
    public override string Message => $"{Address} is {Use} of its Subnet and is not given out. Ask for another address, or for none.";
}

/// <summary>More addresses of one family are asked for than a Nic can have.</summary>
/// <param name="Count">How many.</param>
/// <param name="Family">Of which family.</param>
public sealed record TooManyAddresses(int Count, IpFamily Family) : Refusal
{
    /// <inheritdoc/>
    public override string Reason => nameof(TooManyAddresses);

    /// <inheritdoc/>
    public override string Message => $"{Count} IP{Family.ToString().ToLowerInvariant()} addresses are asked for; a Nic has one of each family. Leave one.";
}
