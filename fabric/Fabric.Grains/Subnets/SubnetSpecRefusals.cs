using Fabric.Primitives;

namespace Fabric.Grains.Subnets;

/// <summary>The Subnet's name leaves no room for the names of its claims.</summary>
/// <param name="Length">How many characters it has.</param>
/// <param name="Longest">How many it may have.</param>
public sealed record NameTooLong(int Length, int Longest) : Refusal
{
    /// <inheritdoc/>
    public override string Reason => nameof(NameTooLong);

    /// <inheritdoc/>
    public override string Message =>
        $"The name has {Length} characters, and those of its IPClaims, which have an address behind it, would be too long. Choose one of at most {Longest}.";
}

/// <summary>The Subnet's range cannot be used.</summary>
/// <param name="Cidr">The range.</param>
/// <param name="Problem">What is wrong and what to do.</param>
public sealed record CidrUnusable(IpPrefix Cidr, string Problem) : Refusal
{
    /// <inheritdoc/>
    public override string Reason => nameof(CidrUnusable);

    /// <inheritdoc/>
    public override string Message => $"{Cidr}: {Problem}";
}

/// <summary>The Subnet's range meets another one's of the same Vpc.</summary>
/// <param name="Cidr">The range.</param>
/// <param name="Other">The other Subnet's name.</param>
/// <param name="OtherCidr">Its range.</param>
/// <param name="Vpc">The Vpc of both.</param>
public sealed record CidrOverlap(IpPrefix Cidr, string Other, IpPrefix OtherCidr, string Vpc) : Refusal
{
    /// <inheritdoc/>
    public override string Reason => nameof(CidrOverlap);

    /// <inheritdoc/>
    public override string Message => $"{Cidr} overlaps {OtherCidr} of Subnet {Other} in Vpc {Vpc}. Choose another range, or another Vpc.";
}

/// <summary>The gateway cannot be what is asked for.</summary>
/// <param name="Gateway">The address.</param>
/// <param name="Problem">What is wrong and what to do.</param>
public sealed record GatewayUnusable(IpAddress Gateway, string Problem) : Refusal
{
    /// <inheritdoc/>
    public override string Reason => nameof(GatewayUnusable);

    /// <inheritdoc/>
    public override string Message => $"{Gateway} {Problem}";
}

/// <summary>The gateway that guests use would become another one without anybody having said so.</summary>
/// <param name="Gateway">The one they use.</param>
/// <param name="Next">The first address of the range as it is to be.</param>
public sealed record GatewayWouldMove(IpAddress Gateway, IpAddress Next) : Refusal
{
    /// <inheritdoc/>
    public override string Reason => nameof(GatewayWouldMove);

    /// <inheritdoc/>
    public override string Message =>
        $"The gateway would move from {Gateway}, which VMs and pods of the Subnet use, to {Next}. Give {Gateway} to keep it, or {Next} to move it.";
}

/// <summary>A range to leave out is not in the Subnet.</summary>
/// <param name="Range">The range.</param>
/// <param name="Cidr">The Subnet's range.</param>
public sealed record ExcludeOutsideSubnet(IpRange Range, IpPrefix Cidr) : Refusal
{
    /// <inheritdoc/>
    public override string Reason => nameof(ExcludeOutsideSubnet);

    /// <inheritdoc/>
    public override string Message => $"{Range} is not in {Cidr}. Remove it, or correct it.";
}

/// <summary>The Subnet leaves no address to give out.</summary>
/// <param name="Cidr">The Subnet's range.</param>
public sealed record NothingToGiveOut(IpPrefix Cidr) : Refusal
{
    /// <inheritdoc/>
    public override string Reason => nameof(NothingToGiveOut);

    /// <inheritdoc/>
    public override string Message => $"Every usable address of {Cidr} is excluded. Leave some.";
}

/// <summary>The Vpc of the Subnet is not there.</summary>
/// <param name="Vpc">The name.</param>
public sealed record VpcNotFound(string Vpc) : Refusal
{
    /// <inheritdoc/>
    public override string Reason => nameof(VpcNotFound);

    /// <inheritdoc/>
    public override string Message => $"Vpc {Vpc} does not exist. Create it, or name another one.";
}

/// <summary>A second Subnet is to be the default.</summary>
/// <param name="Other">The Subnet that is the default already.</param>
public sealed record SecondDefault(string Other) : Refusal
{
    /// <inheritdoc/>
    public override string Reason => nameof(SecondDefault);

    /// <inheritdoc/>
    public override string Message => $"Subnet {Other} is the default already. Set its spec.default to false first.";
}

/// <summary>A name server cannot be one, or nobody in the Subnet could reach it.</summary>
/// <param name="Server">The address.</param>
public sealed record DnsServerUnusable(IpAddress Server) : Refusal
{
    /// <inheritdoc/>
    public override string Reason => nameof(DnsServerUnusable);

    /// <inheritdoc/>
    public override string Message => $"{Server} is not a host address of a family that the Subnet has. Give another address.";
}

/// <summary>The Subnet has no addresses at all.</summary>
public sealed record NoRange : Refusal
{
    /// <inheritdoc/>
    public override string Reason => nameof(NoRange);

    /// <inheritdoc/>
    public override string Message => "Neither spec.ipv4 nor spec.ipv6 is given. Give one or both, such as spec.ipv4.cidr: 10.20.0.0/24.";
}

/// <summary>A route cannot be told to guests.</summary>
/// <param name="Destination">Where it leads.</param>
/// <param name="Problem">What is wrong and what to do.</param>
public sealed record RouteUnusable(IpPrefix Destination, string Problem) : Refusal
{
    /// <inheritdoc/>
    public override string Reason => nameof(RouteUnusable);

    /// <inheritdoc/>
    public override string Message => $"The route to {Destination} cannot be told to guests: {Problem}";
}

/// <summary>A Subnet allows itself.</summary>
/// <param name="Subnet">Its name.</param>
public sealed record AllowedSubnetIsItself(string Subnet) : Refusal
{
    /// <inheritdoc/>
    public override string Reason => nameof(AllowedSubnetIsItself);

    /// <inheritdoc/>
    public override string Message => $"{Subnet} is the Subnet itself, which is never isolated from itself. Remove it.";
}

/// <summary>An address in use would not be in the Subnet any more.</summary>
/// <param name="Address">The address.</param>
/// <param name="Holder">Who uses it: <c>Nic namespace/name</c> or <c>StaticIP namespace/name</c>.</param>
public sealed record CidrBelowUse(IpAddress Address, string Holder) : Refusal
{
    /// <inheritdoc/>
    public override string Reason => nameof(CidrBelowUse);

    /// <inheritdoc/>
    public override string Message => $"{Address} is in use by {Holder} and would not be in the Subnet any more. Keep a range that has it, or delete its user first.";
}

/// <summary>A second Subnet is to be a namespace's default.</summary>
/// <param name="Namespace">The namespace.</param>
/// <param name="Other">The Subnet that is its default already.</param>
public sealed record SecondDefaultFor(string Namespace, string Other) : Refusal
{
    /// <inheritdoc/>
    public override string Reason => nameof(SecondDefaultFor);

    /// <inheritdoc/>
    public override string Message => $"Subnet {Other} is the default of namespace {Namespace} already. Remove the namespace from its spec.defaultFor first.";
}

/// <summary>The MTU is less than IPv6 needs.</summary>
/// <param name="Mtu">The MTU asked for in bytes.</param>
/// <param name="Least">The least that IPv6 allows.</param>
public sealed record MtuBelowIpv6(int Mtu, int Least) : Refusal
{
    /// <inheritdoc/>
    public override string Reason => nameof(MtuBelowIpv6);

    /// <inheritdoc/>
    public override string Message => $"{Mtu} is less than the {Least} bytes that every IPv6 link carries (RFC 8200). Give at least {Least}, or leave out spec.ipv6.";
}
