using Fabric.Grains.IPPools;
using Fabric.Grains.Vpcs;
using Fabric.Grains.Subnets;
using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Grains.StaticIPs;

/// <summary>What a StaticIP may say, and whom it is for: pure, asked at admission and by the grains.</summary>
public static class StaticIPRules
{
    /// <summary>What is wrong with the StaticIP by itself and in its Subnet. Empty when nothing is.</summary>
    /// <param name="wanted">The StaticIP to be.</param>
    /// <param name="subnet">Its Subnet, or null when there is none: it may come.</param>
    /// <returns>
    /// <see cref="StaticIPForNobody"/>, <see cref="StaticIPKeepsNothing"/>, <see cref="TooManyAddresses"/>, <see cref="AddressTwice"/>,
    /// <see cref="MacForGroup"/>, <see cref="MacUnusable"/>, <see cref="AddressOutsideSubnet"/>, <see cref="AddressReserved"/>.
    /// </returns>
    public static IReadOnlyList<Refusal> Validate(StaticIP wanted, Subnet? subnet)
    {
        var spec = wanted.Spec;
        var refusals = new List<Refusal>();
        if (spec.Target is null == spec.Selector is null)
            refusals.Add(new StaticIPForNobody(spec.Target is not null) { Field = "spec.target" });
        else if (spec.Selector is { IsEmpty: true })
            refusals.Add(new SelectorEmpty() { Field = "spec.selector" });
        else if (spec.Selector is { } selector)
            refusals.AddRange(SelectorRules.Validate(selector, "spec.selector"));
        if (spec.Addresses.IsEmpty && spec.MacAddress is null)
            refusals.Add(new StaticIPKeepsNothing() { Field = "spec.addresses" });
        if (spec.MacAddress is { } mac && (mac.IsMulticast || mac.IsZero))
            refusals.Add(new MacUnusable(mac) { Field = "spec.macAddress" });
        else if (spec.MacAddress is not null && spec.Selector is not null)
            refusals.Add(new MacForGroup() { Field = "spec.macAddress" });
        if (spec.Target is not null && spec.Addresses.GroupBy(address => address.Family).FirstOrDefault(group => group.Count() > 1) is { } group)
            refusals.Add(new TooManyAddresses(group.Count(), group.Key) { Field = "spec.addresses" });
        for (var i = 0; i < spec.Addresses.Count; i++)
        {
            var address = spec.Addresses[i];
            var field = $"spec.addresses[{i}]";
            if (spec.Addresses.Take(i).Contains(address))
                refusals.Add(new AddressTwice(address) { Field = field });
            else if (subnet is not null && SubnetRules.CheckAddress(address, subnet) is { } unusable)
                refusals.Add(unusable with { Field = field });
        }
        return refusals;
    }

    /// <summary>The address that is set aside in an IPPool for other namespaces, or null: what is set aside for some is not kept by others.</summary>
    /// <param name="wanted">The StaticIP.</param>
    /// <param name="has">The addresses that it keeps already.</param>
    /// <param name="pools">The IPPools there are.</param>
    public static Refusal? CheckPools(StaticIP wanted, IReadOnlySet<IpAddress> has, IEnumerable<IPPool> pools)
    {
        var closed = pools.Where(pool => pool.Spec.Subnet == wanted.Spec.Subnet && !pool.Metadata.IsDeleting && !IPPoolRules.MayUse(pool, wanted.Metadata.Namespace!)).ToArray();
        for (var i = 0; i < wanted.Spec.Addresses.Count; i++)
        {
            var address = wanted.Spec.Addresses[i];
            if (!has.Contains(address) && closed.FirstOrDefault(pool => pool.Spec.Ranges.Any(range => range.Contains(address))) is { } pool)
                return new AddressInPool(address, pool.Metadata.Name!) { Field = $"spec.addresses[{i}]" };
        }
        return null;
    }

    /// <summary>Whether the StaticIP is for a Nic.</summary>
    public static bool IsFor(StaticIP wanted, Nic nic)
    {
        if (wanted.Metadata.Namespace != nic.Metadata.Namespace || wanted.Spec.Subnet != nic.Spec.Subnet)
            return false;
        if (wanted.Spec.Target is { } target)
        {
            // An instance that nobody made a VM for is a VM to those who name it.
            var kind = nic.Spec.Owner.Kind == NicOwnerKind.VirtualMachineInstance && target.Kind == NicOwnerKind.VirtualMachine
                ? NicOwnerKind.VirtualMachine
                : nic.Spec.Owner.Kind;
            return target.Kind == kind && target.Name == nic.Spec.Owner.Name && (target.Interface is null || target.Interface == nic.Spec.Interface);
        }
        return wanted.Spec.Selector is { IsEmpty: false } selector && selector.Matches(nic.Metadata.Labels);
    }

    /// <summary>The holder that a StaticIP is in claims.</summary>
    public static ClaimOwner HolderOf(StaticIP kept) =>
        new() { Namespace = kept.Metadata.Namespace!, Name = kept.Metadata.Name!, Uid = kept.Metadata.Uid! };
}
