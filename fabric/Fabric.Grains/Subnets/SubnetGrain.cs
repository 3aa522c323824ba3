using Fabric.Grains.Claims;
using Fabric.Grains.Events;
using Fabric.Grains.Realization;
using Fabric.Grains.Runtime;
using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Grains.Subnets;

/// <inheritdoc cref="ISubnetGrain"/>
public sealed partial class SubnetGrain : Grain, ISubnetGrain
{
    /// <summary>Statistics are written at most this often, however many addresses come and go: each write wakes every watcher.</summary>
    private static readonly TimeSpan StatisticsDelay = TimeSpan.FromMilliseconds(500);

    /// <summary>When a dependency is missing its coming is watched; this only guards against a lost event.</summary>
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(30);

    private readonly INetworkRealizer _realizer;
    private readonly IEventSink _events;
    private readonly IClaimView _view;
    private readonly IPersistentState<Subnet> _state;
    private SubnetAddresses? _addresses;
    private EquatableArray<SubnetRange> _addressesOf;
    private bool _statisticsDue;

    /// <summary>A grain that has its switch made by <paramref name="realizer"/> and says what is wrong to <paramref name="events"/>.</summary>
    public SubnetGrain(GrainContext context, INetworkRealizer realizer, IEventSink events, IClaimView view)
        : base(context)
    {
        _realizer = realizer;
        _events = events;
        _view = view;
        _state = context.State(ResourceTypes.Subnets);
    }

    private string Name => Context.Key.Name;

    private AddressClaims Claims => new(Context.Store, Name, NoteAsync);

    /// <inheritdoc/>
    public async Task<Outcome<Subnet>> DescribeAsync(CancellationToken cancellationToken)
    {
        // A refusal must not rest on what was so when the grain was last told.
        if (_state.Value?.Status is null || NotReady(_state.Value) is not null)
            await _state.ReadAsync(cancellationToken);
        return _state.Value is { } subnet ? subnet : new SubnetNotFound(Name) { Field = "spec.subnet" };
    }

    /// <inheritdoc/>
    public async Task<Outcome<AddressPlan>> ChooseAsync(AddressRequest request, CancellationToken cancellationToken)
    {
        if (!(await DescribeAsync(cancellationToken)).TryGet(out var subnet, out var refusal))
            return refusal;
        var addresses = await AddressesAsync(subnet, cancellationToken);
        if (NotReady(subnet) is { } why)
        {
            // Whoever has its addresses keeps them, whatever became of the Subnet since.
            var current = (request.Nic.Status?.Addresses ?? []).Select(each => each.Address).ToArray();
            return current.Length > 0 && current.All(address => addresses.HoldersOf(address).IsOwnedBy(request.Owner.Uid))
                ? new AddressPlan(subnet, [.. current.Select(address => new AddressChoice(address, IsFirm: true))], [], IsOutdated: false)
                : new SubnetNotReady(Name, why) { Field = "spec.subnet" };
        }
        var decided = AddressDecision.Decide(subnet, addresses, request);
        if (!decided.TryGet(out var plan, out refusal))
            return refusal;
        // Not offered to others while its claim is made.
        foreach (var choice in plan.Choices)
        {
            var holders = addresses.HoldersOf(choice.Address);
            if (holders.Owner is null)
                addresses.Note(choice.Address, holders with { Owner = request.Owner });
        }
        return plan;
    }

    /// <inheritdoc/>
    public async Task<EquatableArray<IpAddress>> HeldByAsync(string uid, CancellationToken cancellationToken) =>
        _state.Value is { } subnet ? [.. (await AddressesAsync(subnet, cancellationToken)).HeldBy(uid)] : [];

    /// <inheritdoc/>
    public Task NoteAsync(IpAddress address, ClaimHolders holders, CancellationToken cancellationToken)
    {
        if (_addresses is not null && _addresses.HoldersOf(address) != holders)
            _addresses.Note(address, holders);
        // Also when it is as was thought: then the thought was of this very claim, which has been made since the last count.
        ScheduleStatistics();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task ObserveAsync(IPClaim claim, bool removed, CancellationToken cancellationToken)
    {
        if (_addresses is null)
            return Task.CompletedTask;
        var known = _addresses.HoldersOf(claim.Spec.Address);
        // News may be older than what this grain did since; what it believes is corrected where it tries.
        if (removed && known == claim.Holders())
            _addresses.Note(claim.Spec.Address, default);
        else if (!removed && known.IsEmpty)
            _addresses.Note(claim.Spec.Address, claim.Holders());
        else
            return Task.CompletedTask;
        ScheduleStatistics();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task ObserveAsync(ObjectKey key, StaticIP? kept, CancellationToken cancellationToken)
    {
        if (_state.Value is not { } subnet)
            return;
        var addresses = await AddressesAsync(subnet, cancellationToken);
        if (kept is null)
            addresses.Forget(key);
        else
            addresses.Note(kept);
    }

    /// <inheritdoc/>
    public async Task<IPPoolStatus?> ObservePoolAsync(string pool, CancellationToken cancellationToken)
    {
        if (_state.Value is not { } subnet || SubnetRules.Validate(subnet, []).Count > 0)
            return null;
        var addresses = await RefreshPoolsAsync(subnet, cancellationToken);
        if (addresses.IPPools.All(each => each.Metadata.Name != pool))
            return null;
        var usages = addresses.Families.Select(family => family.UsageOf(pool)).ToArray();
        return new IPPoolStatus
        {
            Capacity = AddressPool.Number(Sum(usages.Select(usage => usage.Capacity))),
            Used = AddressPool.Number(Sum(usages.Select(usage => usage.Used))),
            Free = AddressPool.Number(Sum(usages.Select(usage => usage.Free))),
            UsedRanges = [.. usages.SelectMany(usage => usage.UsedRanges).Take(IPPoolStatus.MostRanges)],
            FreeRanges = [.. usages.SelectMany(usage => usage.FreeRanges).Take(IPPoolStatus.MostRanges)],
        };
    }

    /// <inheritdoc/>
    public async Task<EquatableArray<ObjectKey>> SweepAsync(CancellationToken cancellationToken)
    {
        await _state.ReadAsync(cancellationToken);
        _addresses = null;
        var owners = new HashSet<ObjectKey>();
        foreach (var claim in await _view.AddressesOfAsync(Name, cancellationToken))
        {
            if (await ClaimSweep.GiveBackAsync(Context.Store, Claims, claim, cancellationToken) is { } owner)
                owners.Add(owner);
        }
        ScheduleStatistics();
        return [.. owners.Order()];
    }

    /// <summary>What is known of the addresses of the Subnet as it is now, filled from the claims before anything is given out.</summary>
    private async Task<SubnetAddresses> AddressesAsync(Subnet subnet, CancellationToken cancellationToken)
    {
        if (_addresses is not null && _addressesOf == subnet.Spec.Ranges)
            return _addresses;
        if (_addresses is not null)
        {
            _addressesOf = subnet.Spec.Ranges;
            return _addresses = _addresses.With(subnet.Spec, _addresses.IPPools);
        }
        var addresses = new SubnetAddresses(subnet.Spec, await ReadPoolsAsync(subnet, cancellationToken));
        IPClaim? newest = null;
        foreach (var claim in await _view.AddressesOfAsync(Name, cancellationToken))
        {
            addresses.Note(claim.Spec.Address, claim.Holders());
            if (newest is null || newest.Metadata.CreationTimestamp <= claim.Metadata.CreationTimestamp)
                newest = claim;
        }
        foreach (var kept in await Context.Store.FindAllAsync(ResourceTypes.StaticIPs, cancellationToken))
        {
            if (kept.Spec.Subnet == Name)
                addresses.Note(kept);
        }
        // Goes on where it was before a restart, so that what was freed lately is not given to the next who asks.
        if (newest is not null)
            addresses.PoolOf(newest.Spec.Address)?.MoveBehind(newest.Spec.Address);
        _addressesOf = subnet.Spec.Ranges;
        return _addresses = addresses;
    }

    /// <summary>What is known of the addresses, with the IPPools as they are now.</summary>
    private async Task<SubnetAddresses> RefreshPoolsAsync(Subnet subnet, CancellationToken cancellationToken)
    {
        var addresses = await AddressesAsync(subnet, cancellationToken);
        var pools = await ReadPoolsAsync(subnet, cancellationToken);
        return addresses.IPPools.Select(SpecOf).SequenceEqual(pools.Select(SpecOf)) ? addresses : _addresses = addresses.With(subnet.Spec, pools);
    }

    /// <summary>The IPPools of this Subnet that can be, the older of two that overlap.</summary>
    private async Task<IReadOnlyList<IPPool>> ReadPoolsAsync(Subnet subnet, CancellationToken cancellationToken)
    {
        var all = await Context.Store.FindAllAsync(ResourceTypes.IPPools, cancellationToken);
        var mine = all.Where(pool => pool.Spec.Subnet == Name && !pool.Metadata.IsDeleting).ToArray();
        return
        [
            .. mine.Where(pool => IPPools.IPPoolRules.Validate(pool, subnet, mine.Where(other => SubnetRules.IsBefore(other, pool))).Count == 0)
                .OrderBy(pool => pool.Metadata.Name, StringComparer.Ordinal),
        ];
    }

    private static (string? Name, IPPoolSpec Spec) SpecOf(IPPool pool) => (pool.Metadata.Name, pool.Spec);

    private static UInt128 Sum(IEnumerable<UInt128> numbers) => numbers.Aggregate(UInt128.Zero, (sum, number) => sum + number);

    private static string? NotReady(Subnet subnet) => subnet.Status?.Conditions.Find(Condition.Ready) switch
    {
        _ when subnet.Metadata.IsDeleting => "it is being deleted.",
        null => "it has not been looked at yet.",
        { IsTrue: false } condition => condition.Message ?? condition.Reason ?? "it is not ready.",
        _ => null,
    };
}
