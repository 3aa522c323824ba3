using Fabric.Grains.Claims;
using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Grains.Subnets;

/// <summary>
/// Which addresses of one family of a Subnet are free, as far as this process knows, and who holds those that are not.
/// Claims decide; this only says which one to try. Free addresses cost no memory, however many there are.
/// </summary>
public sealed class AddressPool
{
    /// <summary>Addresses that are given out together: those of an IPPool, or all others.</summary>
    private sealed class Zone
    {
        public OffsetSet Free { get; } = new();

        public UInt128 Capacity { get; set; }

        public UInt128 Used { get; set; }

        public UInt128 Cursor { get; set; }
    }

    private readonly IpPrefix _cidr;
    private readonly IpAddress _gateway;
    private readonly OffsetSet _reserved = new();
    private readonly Zone _open = new();
    private readonly Dictionary<string, Zone> _set = new(StringComparer.Ordinal);
    private readonly List<(IpRange Range, string Pool)> _poolRanges = [];
    private readonly Dictionary<IpAddress, ClaimHolders> _holders = [];

    // By the uid of the Nic or the StaticIP.
    private readonly Dictionary<string, EquatableArray<IpAddress>> _byHolder = new(StringComparer.Ordinal);

    /// <summary>A pool in which nothing is held.</summary>
    /// <param name="range">The addresses of the family.</param>
    /// <param name="pools">The IPPools of the Subnet; ranges of other families or outside are not looked at.</param>
    public AddressPool(SubnetRange range, IEnumerable<IPPool> pools)
    {
        _cidr = range.Cidr;
        _gateway = range.GatewayInForce;
        _reserved.Add(0, 0);
        if (_cidr.IsV4)
            _reserved.Add(_cidr.Count - 1, _cidr.Count - 1);
        if (_cidr.Contains(_gateway))
            _reserved.Add(OffsetOf(_gateway), OffsetOf(_gateway));
        foreach (var excluded in range.Exclude.Where(_cidr.Range.Contains))
            _reserved.Add(OffsetOf(excluded.First), OffsetOf(excluded.Last));
        _open.Free.Add(0, _cidr.Count - 1);
        foreach (var pool in pools)
        {
            var zone = _set[pool.Metadata.Name!] = new Zone();
            foreach (var part in pool.Spec.Ranges.Where(_cidr.Range.Contains))
            {
                _poolRanges.Add((part, pool.Metadata.Name!));
                zone.Free.Add(OffsetOf(part.First), OffsetOf(part.Last));
                _open.Free.Remove(OffsetOf(part.First), OffsetOf(part.Last));
            }
        }
        foreach (var zone in _set.Values.Append(_open))
        {
            foreach (var (first, last) in _reserved.Ranges)
                zone.Free.Remove(first, last);
            zone.Capacity = zone.Free.Count;
        }
    }

    /// <summary>The range it is made of.</summary>
    public IpPrefix Cidr => _cidr;

    /// <summary>What is so of the range as a whole.</summary>
    public SubnetRangeStatus Status => new()
    {
        Gateway = _gateway,
        Capacity = Number(_set.Values.Append(_open).Aggregate(UInt128.Zero, (sum, zone) => sum + zone.Capacity)),
        Used = _holders.Count,
        Free = Number(_set.Values.Append(_open).Aggregate(UInt128.Zero, (sum, zone) => sum + zone.Free.Count)),
    };

    /// <summary>Who holds what, in the order of addresses.</summary>
    public IEnumerable<(IpAddress Address, ClaimHolders Holders)> Held =>
        _holders.OrderBy(entry => entry.Key).Select(entry => (entry.Key, entry.Value));

    /// <summary>The holders of an address; none when it is free.</summary>
    public ClaimHolders HoldersOf(IpAddress address) => _holders.GetValueOrDefault(address);

    /// <summary>The addresses that one Nic uses or one StaticIP keeps, in order.</summary>
    public EquatableArray<IpAddress> HeldBy(string uid) => _byHolder.GetValueOrDefault(uid);

    /// <summary>What an address is that is never given out (<c>the gateway</c>, <c>in the excluded addresses</c>), or null when it can be.</summary>
    public string? UseOf(IpAddress address)
    {
        var offset = OffsetOf(address);
        return offset == 0 ? _cidr.IsV4 ? "the network address" : "the subnet-router anycast address"
            : _cidr.IsV4 && offset == _cidr.Count - 1 ? "the broadcast address"
            : address == _gateway ? "the gateway"
            : _reserved.Contains(offset) ? "in the excluded addresses"
            : null;
    }

    /// <summary>The IPPool that an address is set aside in, or null.</summary>
    public string? PoolOf(IpAddress address)
    {
        foreach (var (range, pool) in _poolRanges)
        {
            if (range.Contains(address))
                return pool;
        }
        return null;
    }

    /// <summary>Whether an IPPool has addresses of this family.</summary>
    public bool HasPool(string pool) => _set.TryGetValue(pool, out var zone) && zone.Capacity > 0;

    /// <summary>Takes note of who holds an address, or that nobody does. Addresses outside are not noted.</summary>
    public void Note(IpAddress address, ClaimHolders holders)
    {
        if (!_cidr.Contains(address))
            return;
        Forget(address);
        if (holders.IsEmpty)
            return;
        _holders[address] = holders;
        foreach (var holder in HoldersIn(holders))
            _byHolder[holder] = [.. HeldBy(holder).Append(address).Order()];
        var zone = ZoneOf(address);
        zone.Used++;
        zone.Free.Remove(OffsetOf(address), OffsetOf(address));
    }

    /// <summary>Lets the search for a free address begin behind this one.</summary>
    public void MoveBehind(IpAddress address)
    {
        if (_cidr.Contains(address))
            ZoneOf(address).Cursor = OffsetOf(address) + 1;
    }

    /// <summary>
    /// The first free address from where the last search ended, around the end; null when there is none. So what was
    /// freed is given again only after all others.
    /// </summary>
    /// <param name="pool">The IPPool to search, or null for what no pool has.</param>
    public IpAddress? Next(string? pool = null)
    {
        var zone = pool is null ? _open : _set.GetValueOrDefault(pool);
        if (zone is null || (zone.Free.FirstFrom(zone.Cursor) ?? zone.Free.FirstFrom(0)) is not { } offset)
            return null;
        zone.Cursor = offset + 1;
        return AddressAt(offset);
    }

    /// <summary>What is so of an IPPool's addresses in this family; nothing of one that has none here.</summary>
    public (UInt128 Capacity, UInt128 Used, UInt128 Free, IEnumerable<IpRange> UsedRanges, IEnumerable<IpRange> FreeRanges) UsageOf(string pool)
    {
        if (!_set.TryGetValue(pool, out var zone))
            return (0, 0, 0, [], []);
        var used = new OffsetSet();
        foreach (var address in _holders.Keys.Where(address => PoolOf(address) == pool))
            used.Add(OffsetOf(address), OffsetOf(address));
        return (zone.Capacity, zone.Used, zone.Free.Count, RangesOf(used), RangesOf(zone.Free));
    }

    /// <summary>A number that fits a status field: 2^63-1 stands for all larger ones.</summary>
    public static long Number(UInt128 value) => value > long.MaxValue ? long.MaxValue : (long)value;

    private void Forget(IpAddress address)
    {
        if (!_holders.Remove(address, out var holders))
            return;
        foreach (var holder in HoldersIn(holders))
        {
            _byHolder[holder] = [.. HeldBy(holder).Where(other => other != address)];
            if (_byHolder[holder].IsEmpty)
                _byHolder.Remove(holder);
        }
        var zone = ZoneOf(address);
        zone.Used--;
        if (!_reserved.Contains(OffsetOf(address)))
            zone.Free.Add(OffsetOf(address), OffsetOf(address));
    }

    private static IEnumerable<string> HoldersIn(ClaimHolders holders) => new[] { holders.Owner?.Uid, holders.Reservation?.Uid }.OfType<string>();

    private Zone ZoneOf(IpAddress address) => PoolOf(address) is { } pool ? _set[pool] : _open;

    private IEnumerable<IpRange> RangesOf(OffsetSet set) => set.Ranges.Select(range => new IpRange(AddressAt(range.First), AddressAt(range.Last)));

    private UInt128 OffsetOf(IpAddress address) => address.ToUInt128() - _cidr.First.ToUInt128();

    private IpAddress AddressAt(UInt128 offset) => _cidr.First.Add(offset);
}
