using Fabric.Grains.IPPools;
using Fabric.Grains.StaticIPs;
using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Grains.Subnets;

/// <summary>Which addresses a Nic is to try, from what is known; asks nobody.</summary>
/// <remarks>
/// What counts, in this order: what a plugged-in Nic has; what the Nic asks for; what a StaticIP keeps for it; the IPPool
/// it names; what it has; the IPPools that are for it; any free address of the Subnet.
/// </remarks>
public static class AddressDecision
{
    /// <summary>Decides for all families of the Subnet. Moves the cursor of a pool when it chooses a new address.</summary>
    /// <param name="subnet">The Subnet.</param>
    /// <param name="addresses">What is known of its addresses.</param>
    /// <param name="request">The Nic.</param>
    /// <returns>The plan, or the refusal of the first family that has one.</returns>
    public static Outcome<AddressPlan> Decide(Subnet subnet, SubnetAddresses addresses, AddressRequest request)
    {
        var statics = addresses.StaticIPsFor(request.Nic);
        foreach (var wanted in request.Nic.Spec.Addresses)
        {
            if (subnet.Spec.RangeOf(wanted.Family)?.Cidr.Contains(wanted) != true)
                return SubnetRules.Outside(wanted, subnet) with { Field = "spec.addresses" };
        }
        var choices = new List<AddressChoice>();
        var isOutdated = false;
        foreach (var pool in addresses.Families)
        {
            var wish = Wish(subnet, addresses, pool, request, statics);
            var current = request.CurrentOf(pool.Cidr.Family);
            if (request.IsAttached && current is { } kept && pool.HoldersOf(kept).IsOwnedBy(request.Owner.Uid))
            {
                isOutdated |= !wish.IsGranted || wish.Value.Address != kept;
                choices.Add(new AddressChoice(kept));
            }
            else if (wish.TryGet(out var choice, out var refusal))
                choices.Add(choice);
            else
                return refusal;
        }
        return new AddressPlan(subnet, [.. choices], [.. statics], isOutdated);
    }

    private static Outcome<AddressChoice> Wish(
        Subnet subnet, SubnetAddresses addresses, AddressPool pool, AddressRequest request, IReadOnlyList<StaticIP> statics)
    {
        var family = pool.Cidr.Family;
        if (request.WantedOf(family) is { } wanted)
            return Ask(addresses, pool, request, wanted);
        foreach (var kept in statics)
        {
            if (FromStaticIP(pool, request, kept) is { } fromStatic)
                return fromStatic;
        }
        var held = pool.HeldBy(request.Owner.Uid);
        var current = request.CurrentOf(family);
        if (request.Nic.Spec.IpPool is { } named && FromPool(subnet, addresses, pool, request, named, held) is { } fromPool)
            return fromPool;
        if (current is { } kept2 && held.Contains(kept2))
            return new AddressChoice(kept2);
        if (!held.IsEmpty)
            return new AddressChoice(held[0]);
        var own = addresses.IPPools.Where(each => IPPoolRules.IsFor(each, request.Nic) && pool.HasPool(each.Metadata.Name!)).ToArray();
        // After a loss of the claim alone, the guest still uses the address: it is the first to try.
        if (current is { } lost && pool.Cidr.Contains(lost) && pool.HoldersOf(lost).IsEmpty && pool.UseOf(lost) is null)
            return new AddressChoice(lost);
        foreach (var each in own)
        {
            if (pool.Next(each.Metadata.Name!) is { } next)
                return new AddressChoice(next, IsThoughtFree: true, Source: $"IPPool {each.Metadata.Name}");
        }
        if (own.Length > 0)
            return new IPPoolExhausted([.. own.Select(each => each.Metadata.Name!)], family);
        return pool.Next() is { } free
            ? new AddressChoice(free, IsThoughtFree: true)
            : new SubnetExhausted(subnet.Metadata.Name!, pool.Cidr, pool.Status.Capacity);
    }

    /// <summary>The user names the address.</summary>
    private static Outcome<AddressChoice> Ask(SubnetAddresses addresses, AddressPool pool, AddressRequest request, IpAddress wanted)
    {
        var holders = pool.HoldersOf(wanted);
        if (!holders.IsOwnedBy(request.Owner.Uid))
        {
            // What was given before it was reserved stays; it is not given anew.
            if (pool.UseOf(wanted) is { } use)
                return new AddressReserved(wanted, use) { Field = "spec.addresses" };
            if (holders.IsEmpty && pool.PoolOf(wanted) is { } set && set != request.Nic.Spec.IpPool
                && addresses.IPPools.FirstOrDefault(each => each.Metadata.Name == set) is { } other && !IPPoolRules.IsFor(other, request.Nic))
                return new AddressInPool(wanted, set) { Field = "spec.addresses" };
        }
        return new AddressChoice(wanted, IsFirm: true, IsThoughtFree: holders.IsEmpty);
    }

    /// <summary>What a StaticIP keeps for the Nic; null when it keeps nothing of this family for it.</summary>
    private static Outcome<AddressChoice>? FromStaticIP(AddressPool pool, AddressRequest request, StaticIP kept)
    {
        var source = $"{nameof(StaticIP)} {kept.Metadata.Name}";
        var addresses = kept.Spec.Addresses.Where(pool.Cidr.Contains).ToArray();
        if (addresses.Length == 0)
            return null;
        if (kept.Spec.Target is { } target)
        {
            var holders = pool.HoldersOf(addresses[0]);
            // Another interface of the same VM has it.
            if (target.Interface is null && holders.Owner is { } owner && owner.Uid != request.Owner.Uid && holders.IsReservedBy(kept.Metadata.Uid!))
                return null;
            return new AddressChoice(addresses[0], IsFirm: true, Source: source);
        }
        foreach (var mine in addresses)
        {
            if (pool.HoldersOf(mine).IsOwnedBy(request.Owner.Uid))
                return new AddressChoice(mine, Source: source);
        }
        foreach (var free in addresses)
        {
            var holders = pool.HoldersOf(free);
            if (holders.Owner is null && (holders.Reservation is null || holders.IsReservedBy(kept.Metadata.Uid!)))
                return new AddressChoice(free, IsThoughtFree: holders.IsEmpty, Source: source);
        }
        return new StaticIPExhausted(kept.Metadata.Name!, addresses.Length);
    }

    /// <summary>What the IPPool gives that the Nic names; null when the pool has nothing of this family.</summary>
    private static Outcome<AddressChoice>? FromPool(
        Subnet subnet, SubnetAddresses addresses, AddressPool pool, AddressRequest request, string named, EquatableArray<IpAddress> held)
    {
        if (addresses.IPPools.FirstOrDefault(each => each.Metadata.Name == named) is not { } found)
            return new IPPoolNotFound(named, subnet.Metadata.Name!) { Field = "spec.ipPool" };
        if (!IPPoolRules.MayUse(found, request.Owner.Namespace))
            return new IPPoolNotAllowed(named, request.Owner.Namespace, found.Spec.Namespaces) { Field = "spec.ipPool" };
        if (!pool.HasPool(named))
            return null;
        var source = $"{nameof(IPPool)} {named}";
        if (request.CurrentOf(pool.Cidr.Family) is { } current && held.Contains(current) && pool.PoolOf(current) == named)
            return new AddressChoice(current, Source: source);
        foreach (var mine in held)
        {
            if (pool.PoolOf(mine) == named)
                return new AddressChoice(mine, Source: source);
        }
        return pool.Next(named) is { } next
            ? new AddressChoice(next, IsThoughtFree: true, Source: source)
            : new IPPoolExhausted([named], pool.Cidr.Family) { Field = "spec.ipPool" };
    }
}
