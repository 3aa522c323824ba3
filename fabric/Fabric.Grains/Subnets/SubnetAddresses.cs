using Fabric.Grains.Claims;
using Fabric.Grains.StaticIPs;
using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Grains.Subnets;

/// <summary>What is known of a Subnet's addresses: who holds which, and for whom some are kept or set aside.</summary>
public sealed class SubnetAddresses
{
    private readonly Dictionary<ObjectKey, StaticIP> _statics = [];

    /// <summary>Nothing is held.</summary>
    /// <param name="spec">The Subnet's spec.</param>
    /// <param name="pools">Its IPPools.</param>
    public SubnetAddresses(SubnetSpec spec, IEnumerable<IPPool> pools)
    {
        IPPools = [.. pools.OrderBy(pool => pool.Metadata.Name, StringComparer.Ordinal)];
        Families = [.. spec.Ranges.Select(range => new AddressPool(range, IPPools))];
    }

    /// <summary>One pool for each family of the Subnet, IPv4 first.</summary>
    public IReadOnlyList<AddressPool> Families { get; }

    /// <summary>The IPPools that it was made with, by name.</summary>
    public IReadOnlyList<IPPool> IPPools { get; }

    /// <summary>Addresses held that are in no range of the Subnet any more.</summary>
    public Dictionary<IpAddress, ClaimHolders> Outside { get; } = [];

    /// <summary>The pool of an address' family, or null when the Subnet does not have it.</summary>
    public AddressPool? PoolOf(IpAddress address)
    {
        foreach (var pool in Families)
        {
            if (pool.Cidr.Family == address.Family)
                return pool;
        }
        return null;
    }

    /// <summary>Who holds what, IPv4 first.</summary>
    public IEnumerable<(IpAddress Address, ClaimHolders Holders)> Held =>
        Families.SelectMany(pool => pool.Held).Concat(Outside.Select(entry => (entry.Key, entry.Value)));

    /// <summary>The addresses that one Nic uses or one StaticIP keeps.</summary>
    public IEnumerable<IpAddress> HeldBy(string uid) =>
        Families.SelectMany(pool => pool.HeldBy(uid))
            .Concat(Outside.Where(entry => entry.Value.IsOwnedBy(uid) || entry.Value.IsReservedBy(uid)).Select(entry => entry.Key));

    /// <summary>Who holds an address.</summary>
    public ClaimHolders HoldersOf(IpAddress address) =>
        PoolOf(address) is { } pool && pool.Cidr.Contains(address) ? pool.HoldersOf(address) : Outside.GetValueOrDefault(address);

    /// <summary>Takes note of who holds an address, or that nobody does.</summary>
    public void Note(IpAddress address, ClaimHolders holders)
    {
        if (PoolOf(address) is { } pool && pool.Cidr.Contains(address))
            pool.Note(address, holders);
        else if (holders.IsEmpty)
            Outside.Remove(address);
        else
            Outside[address] = holders;
    }

    /// <summary>Takes note of a StaticIP of this Subnet.</summary>
    public void Note(StaticIP kept) => _statics[ResourceTypes.StaticIPs.KeyOf(kept)] = kept;

    /// <summary>Forgets a StaticIP.</summary>
    public void Forget(ObjectKey staticIP) => _statics.Remove(staticIP);

    /// <summary>The StaticIPs that are for a Nic: those by name before those for groups, the oldest first.</summary>
    public IReadOnlyList<StaticIP> StaticIPsFor(Nic nic) =>
    [
        .. _statics.Values.Where(kept => !kept.Metadata.IsDeleting && StaticIPRules.IsFor(kept, nic))
            .OrderBy(kept => kept.Spec.Target is null)
            .ThenBy(kept => kept.Metadata.CreationTimestamp)
            .ThenBy(kept => kept.Metadata.Name, StringComparer.Ordinal),
    ];

    /// <summary>The same holders and StaticIPs in another spec or with other IPPools.</summary>
    public SubnetAddresses With(SubnetSpec spec, IEnumerable<IPPool> pools)
    {
        var changed = new SubnetAddresses(spec, pools);
        foreach (var (address, holders) in Held)
            changed.Note(address, holders);
        foreach (var kept in _statics.Values)
            changed.Note(kept);
        return changed;
    }
}
