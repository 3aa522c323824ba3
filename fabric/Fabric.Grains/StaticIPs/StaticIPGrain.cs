using Fabric.Grains.Claims;
using Fabric.Grains.Events;
using Fabric.Grains.Nics;
using Fabric.Grains.Runtime;
using Fabric.Grains.Storage;
using Fabric.Grains.Subnets;
using Fabric.Grains.Vpcs;
using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Grains.StaticIPs;

/// <inheritdoc cref="IStaticIPGrain"/>
public sealed class StaticIPGrain : Grain, IStaticIPGrain
{
    /// <summary>The end of what holds it up is watched; this only guards against a lost event.</summary>
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(30);

    private readonly IEventSink _events;
    private readonly IClaimView _view;
    private readonly IPersistentState<StaticIP> _state;

    /// <summary>A grain that says conflicts to <paramref name="events"/>.</summary>
    public StaticIPGrain(GrainContext context, IEventSink events, IClaimView view)
        : base(context)
    {
        _events = events;
        _view = view;
        _state = context.State(ResourceTypes.StaticIPs);
    }

    /// <inheritdoc/>
    public async Task<TimeSpan?> ReconcileAsync(CancellationToken cancellationToken)
    {
        var before = _state.Value;
        await _state.RefreshAsync(cancellationToken);
        if (_state.Value is not { } kept)
        {
            if (before is not null)
                await SubnetGrain(before).ObserveAsync(Context.Key, null, cancellationToken);
            return null;
        }
        if (kept.Metadata.IsDeleting)
        {
            await LetGoAsync(kept, cancellationToken);
            return null;
        }
        // Before the first claim: what is claimed is then always let go.
        await _state.WriteAsync(kept with { Metadata = kept.Metadata.WithFinalizer() }, cancellationToken);
        return await KeepAsync(_state.Value!, cancellationToken);
    }

    private async Task<TimeSpan?> KeepAsync(StaticIP kept, CancellationToken cancellationToken)
    {
        if (!(await SubnetGrain(kept).DescribeAsync(cancellationToken)).TryGet(out var subnet, out var refusal))
            return await SayAsync(kept, kept.Status?.Reserved ?? [], kept.Status?.MacAddress, [refusal], cancellationToken);
        var refusals = StaticIPRules.Validate(kept, subnet).ToList();
        if (refusals.Count > 0)
            return await SayAsync(kept, kept.Status?.Reserved ?? [], kept.Status?.MacAddress, refusals, cancellationToken);

        if (await CheckMayKeepAsync(kept, subnet, cancellationToken) is { } forbidden)
            return await SayAsync(kept, kept.Status?.Reserved ?? [], kept.Status?.MacAddress, [forbidden], cancellationToken);

        await SubnetGrain(kept).ObserveAsync(Context.Key, kept, cancellationToken);
        var reserved = new List<ReservedAddress>();
        foreach (var address in kept.Spec.Addresses)
        {
            var seen = await Context.Store.FindAsync(ResourceTypes.IPClaims, new ObjectKey(IPClaim.NameOf(kept.Spec.Subnet, address)), cancellationToken);
            var holders = seen?.Holders() is { } known && known.IsReservedBy(kept.Metadata.Uid!)
                ? known
                : await ReserveAsync(kept, (by, isFor) => Addresses(kept).ReserveAsync(address, by, isFor, cancellationToken), cancellationToken);
            if (holders.IsReservedBy(kept.Metadata.Uid!))
                reserved.Add(new ReservedAddress { Address = address, Nic = holders.Owner?.Name });
            else
                refusals.Add(new AddressTaken(address, holders) { Field = "spec.addresses" });
        }
        foreach (var dropped in await SubnetGrain(kept).HeldByAsync(kept.Metadata.Uid!, cancellationToken))
        {
            if (!kept.Spec.Addresses.Contains(dropped))
                await Addresses(kept).UnreserveAsync(dropped, kept.Metadata.Uid!, cancellationToken);
        }
        var mac = await KeepMacAsync(kept, subnet, refusals, cancellationToken);
        return await SayAsync(kept, [.. reserved], mac, refusals, cancellationToken);
    }

    /// <summary>Whether its namespace may have what it is to keep. As with a Nic, a later change takes nothing away.</summary>
    private async Task<Refusal?> CheckMayKeepAsync(StaticIP kept, Subnet subnet, CancellationToken cancellationToken)
    {
        var has = (kept.Status?.Reserved ?? []).Select(each => each.Address).ToHashSet();
        if (kept.Spec.Addresses.Any(address => !has.Contains(address))
            && StaticIPRules.CheckPools(kept, has, await Context.Store.FindAllAsync(ResourceTypes.IPPools, cancellationToken)) is { } closed)
        {
            return closed;
        }
        if (has.Count > 0 || kept.Status?.MacAddress is not null)
            return null;
        if (!(await Context.Grains.GetGrain<IVpcGrain>(new ObjectKey(subnet.Spec.Vpc)).DescribeAsync(cancellationToken)).TryGet(out var vpc, out var refusal))
            return refusal;
        return NicRules.CheckNamespace(Context.Key.Namespace!, subnet, vpc);
    }

    private async Task<MacAddress?> KeepMacAsync(StaticIP kept, Subnet subnet, List<Refusal> refusals, CancellationToken cancellationToken)
    {
        var macs = Macs(subnet);
        if (kept.Status?.MacAddress is { } before && before != kept.Spec.MacAddress)
            await macs.UnreserveAsync(before, kept.Metadata.Uid!, cancellationToken);
        if (kept.Spec.MacAddress is not { } mac)
            return null;
        var holders = await ReserveAsync(kept, (by, isFor) => macs.ReserveAsync(mac, by, isFor, cancellationToken), cancellationToken);
        if (holders.IsReservedBy(kept.Metadata.Uid!))
            return mac;
        refusals.Add(new MacTaken(mac, holders, subnet.Spec.Vpc) { Field = "spec.macAddress" });
        return null;
    }

    /// <summary>Keeps something, also when a Nic has it that the StaticIP is for.</summary>
    private async Task<ClaimHolders> ReserveAsync(StaticIP kept, Func<ClaimOwner, Func<ClaimOwner, bool>, Task<ClaimHolders>> reserve, CancellationToken cancellationToken)
    {
        var by = StaticIPRules.HolderOf(kept);
        var holders = await reserve(by, _ => false);
        if (holders.Reservation is not null || holders.Owner is not { } owner)
            return holders;
        var nic = await Context.Store.GetAsync(ResourceTypes.Nics, new ObjectKey(owner.Namespace, owner.Name), cancellationToken);
        return nic?.Metadata.Uid == owner.Uid && StaticIPRules.IsFor(kept, nic)
            ? await reserve(by, other => other.Uid == owner.Uid)
            : holders;
    }

    private async Task LetGoAsync(StaticIP kept, CancellationToken cancellationToken)
    {
        if (!kept.Metadata.HasFinalizer(FabricApi.Finalizer))
            return;
        var uid = kept.Metadata.Uid!;
        var held = await SubnetGrain(kept).HeldByAsync(uid, cancellationToken);
        foreach (var address in kept.Spec.Addresses.Concat((kept.Status?.Reserved ?? []).Select(each => each.Address)).Union(held).ToArray())
            await Addresses(kept).UnreserveAsync(address, uid, cancellationToken);
        // Without its Subnet the Vpc is not known; the sweep finds the claim by the StaticIP that is gone.
        if (await Context.Store.FindAsync(ResourceTypes.Subnets, new ObjectKey(kept.Spec.Subnet), cancellationToken) is { } subnet)
        {
            foreach (var mac in new[] { kept.Spec.MacAddress, kept.Status?.MacAddress }.OfType<MacAddress>().Distinct())
                await Macs(subnet).UnreserveAsync(mac, uid, cancellationToken);
        }
        await SubnetGrain(kept).ObserveAsync(Context.Key, null, cancellationToken);
        await _state.WriteAsync(kept with { Metadata = kept.Metadata.WithoutFinalizer() }, cancellationToken);
    }

    private async Task<TimeSpan?> SayAsync(
        StaticIP kept, EquatableArray<ReservedAddress> reserved, MacAddress? mac, List<Refusal> refusals, CancellationToken cancellationToken)
    {
        var status = kept.Status ?? new StaticIPStatus();
        var ready = refusals.Count > 0
            ? new Condition { Type = Condition.Ready, Status = "False", Reason = refusals[0].Reason, Message = string.Join(" ", refusals) }
            : new Condition { Type = Condition.Ready, Status = "True", Reason = "Kept", Message = MessageOf(kept, reserved) };
        var said = status.Conditions.Find(Condition.Ready);
        if (!ready.IsTrue && (said?.Reason, said?.Message) != (ready.Reason, ready.Message))
            _events.Warning(kept.ToReference(), ready.Reason!, ready.Message!);
        await _state.WriteStatusAsync(
            kept with
            {
                Status = status with
                {
                    ObservedGeneration = kept.Metadata.Generation ?? 0,
                    Reserved = reserved,
                    Nics = [.. reserved.Select(each => each.Nic).OfType<string>().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)],
                    MacAddress = mac,
                    Conditions = status.Conditions.With(ready with { ObservedGeneration = kept.Metadata.Generation }, Context.Time.GetUtcNow().ToSecond()),
                },
            },
            cancellationToken);
        return ready.IsTrue ? null : LookAgain;
    }

    private static string MessageOf(StaticIP kept, EquatableArray<ReservedAddress> reserved)
    {
        var used = reserved.Count(each => each.Nic is not null);
        return kept.Spec.Target is { } target
            ? $"Kept for {target}{(used > 0 ? ", which uses it." : ".")}"
            : $"{reserved.Count} addresses are kept, {used} of them are in use.";
    }

    private ISubnetGrain SubnetGrain(StaticIP kept) => Context.Grains.GetGrain<ISubnetGrain>(new ObjectKey(kept.Spec.Subnet));

    private AddressClaims Addresses(StaticIP kept) => new(Context.Store, kept.Spec.Subnet, SubnetGrain(kept).NoteAsync);

    private MacClaims Macs(Subnet subnet) => new(Context.Store, _view, subnet.Spec.Vpc);
}
