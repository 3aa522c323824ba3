using Fabric.Primitives;

namespace Fabric.Grains.IPPools;

/// <summary>A pool has no ranges.</summary>
public sealed record IPPoolEmpty : Refusal
{
    /// <inheritdoc/>
    public override string Reason => nameof(IPPoolEmpty);

    /// <inheritdoc/>
    public override string Message => "It has no addresses. Give ranges, such as 10.20.0.10-10.20.0.19.";
}

/// <summary>A pool's range is not in its Subnet.</summary>
/// <param name="Range">The range.</param>
/// <param name="Subnet">The Subnet's name.</param>
/// <param name="Cidrs">Its ranges.</param>
public sealed record PoolRangeOutsideSubnet(IpRange Range, string Subnet, EquatableArray<IpPrefix> Cidrs) : Refusal
{
    /// <inheritdoc/>
    public override string Reason => nameof(PoolRangeOutsideSubnet);

    /// <inheritdoc/>
    public override string Message => $"{Range} is not in Subnet {Subnet}, which is {string.Join(" and ", Cidrs)}. Remove it, or correct it.";
}

/// <summary>A pool's range meets another one.</summary>
/// <param name="Range">The range.</param>
/// <param name="Other">The other pool's name.</param>
/// <param name="OtherRange">Its range.</param>
public sealed record IPPoolOverlap(IpRange Range, string Other, IpRange OtherRange) : Refusal
{
    /// <inheritdoc/>
    public override string Reason => nameof(IPPoolOverlap);

    /// <inheritdoc/>
    public override string Message => $"{Range} overlaps {OtherRange} of IPPool {Other}. An address is in one pool only: choose another range.";
}

/// <summary>A Nic names a pool that its Subnet does not have.</summary>
/// <param name="Pool">The name.</param>
/// <param name="Subnet">The Subnet's name.</param>
public sealed record IPPoolNotFound(string Pool, string Subnet) : Refusal
{
    /// <inheritdoc/>
    public override string Reason => nameof(IPPoolNotFound);

    /// <inheritdoc/>
    public override string Message => $"Subnet {Subnet} has no IPPool {Pool}. Create it, or name another one.";
}

/// <summary>A Nic names a pool that is for other namespaces.</summary>
/// <param name="Pool">The name.</param>
/// <param name="Namespace">The Nic's namespace.</param>
/// <param name="Allowed">The namespaces that may.</param>
public sealed record IPPoolNotAllowed(string Pool, string Namespace, EquatableArray<string> Allowed) : Refusal
{
    /// <inheritdoc/>
    public override string Reason => nameof(IPPoolNotAllowed);

    /// <inheritdoc/>
    public override string Message => $"IPPool {Pool} is for the namespaces {string.Join(", ", Allowed)} only, not for {Namespace}. Name another pool, or add the namespace to its spec.namespaces.";
}

/// <summary>Every address of the pools that a Nic may use is taken.</summary>
/// <param name="Pools">Their names.</param>
/// <param name="Family">Of which family.</param>
public sealed record IPPoolExhausted(EquatableArray<string> Pools, IpFamily Family) : Refusal
{
    /// <inheritdoc/>
    public override string Reason => nameof(IPPoolExhausted);

    /// <inheritdoc/>
    public override string Message => $"Every IP{Family.ToString().ToLowerInvariant()} address of IPPool {string.Join(", ", Pools)} is taken. Add ranges, or delete VMs or pods that are not needed.";
}

/// <summary>The address asked for is set aside in a pool that is not for the Nic.</summary>
/// <param name="Address">The address.</param>
/// <param name="Pool">The pool.</param>
public sealed record AddressInPool(IpAddress Address, string Pool) : Refusal
{
    /// <inheritdoc/>
    public override string Reason => nameof(AddressInPool);

    /// <inheritdoc/>
    public override string Message => $"{Address} is set aside in IPPool {Pool}, which is not for this workload. Ask for another address, or for none.";
}
