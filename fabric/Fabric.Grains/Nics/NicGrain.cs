using Fabric.Grains.Claims;
using Fabric.Grains.Events;
using Fabric.Grains.QosPolicies;
using Fabric.Grains.Realization;
using Fabric.Grains.Runtime;
using Fabric.Grains.Storage;
using Fabric.Grains.Subnets;
using Fabric.Grains.Vpcs;
using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Grains.Nics;

/// <inheritdoc cref="INicGrain"/>
/// <remarks>
/// The order of writes is what makes it safe to stop anywhere: finalizer, claims, network, status. Found again after a
/// stop: claims carry the Nic's uid, and every step does nothing when it is done already.
/// </remarks>
public sealed partial class NicGrain : Grain, INicGrain
{
    /// <summary>What was refused may become possible without an event that this Nic would see.</summary>
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(30);

    /// <summary>When the network takes longer, the status says meanwhile what is given.</summary>
    private static readonly TimeSpan NetworkPatience = TimeSpan.FromMilliseconds(500);

    private readonly INetworkRealizer _realizer;
    private readonly IEventSink _events;
    private readonly IClaimView _view;
    private readonly INicPlacement _placement;
    private readonly int _defaultMtu;
    private readonly IPersistentState<Nic> _state;

    /// <summary>A grain that has its port made by <paramref name="realizer"/>.</summary>
    /// <param name="context">The activation's context.</param>
    /// <param name="realizer">Makes the port.</param>
    /// <param name="events">Is told refusals.</param>
    /// <param name="view">The claims as last seen.</param>
    /// <param name="placement">Where workloads are scheduled.</param>
    /// <param name="defaultMtu">The MTU of Subnets that name none, in bytes.</param>
    public NicGrain(GrainContext context, INetworkRealizer realizer, IEventSink events, IClaimView view, INicPlacement placement, int defaultMtu)
        : base(context)
    {
        _realizer = realizer;
        _events = events;
        _view = view;
        _placement = placement;
        _defaultMtu = defaultMtu;
        _state = context.State(ResourceTypes.Nics);
    }

    /// <inheritdoc/>
    public async Task<TimeSpan?> ReconcileAsync(CancellationToken cancellationToken)
    {
        var again = await LookAsync(cancellationToken);
        // Most are at rest: of them everything is in the copies.
        if (!_state.IsAhead)
            Context.DeactivateOnIdle();
        return again;
    }

    private async Task<TimeSpan?> LookAsync(CancellationToken cancellationToken)
    {
        await _state.RefreshAsync(cancellationToken);
        if (_state.Value is not { } nic)
        {
            // Another control plane may have made the port while this one saw the Nic go.
            await _realizer.RemoveNicAsync(Context.Key, cancellationToken);
            return null;
        }
        if (nic.Metadata.IsDeleting)
        {
            await ReleaseAllAsync(nic, cancellationToken);
            return null;
        }
        // Before the first claim: what is claimed is then always released.
        await _state.WriteAsync(nic with { Metadata = nic.Metadata.WithFinalizer() }, cancellationToken);
        await ReleaseIntendedAsync(cancellationToken);
        return await GrantAsync(_state.Value!, cancellationToken) is { } refusal
            ? await RefuseAsync(refusal, cancellationToken)
            : LookAgainWhileMoving();
    }

    private async Task<Refusal?> GrantAsync(Nic nic, CancellationToken cancellationToken)
    {
        if (NicRules.Validate(nic, subnet: null) is [var invalid, ..])
            return invalid;
        var hasNone = nic.Status is null or { Addresses.IsEmpty: true };
        if (hasNone && await CheckNamespaceAsync(nic, cancellationToken) is { } forbidden)
            return forbidden;

        var attachments = await LiveAttachmentsAsync(nic, cancellationToken);
        var move = MoveOf(nic, attachments);
        var request = new AddressRequest(nic, IsAttached: !attachments.IsEmpty && !hasNone);
        // The address first: it is what is refused most, and then no MAC is held in vain.
        var wanted = await TakeAddressesAsync(request, cancellationToken);
        if (!wanted.TryGet(out var plan, out var refusal))
            return refusal;
        var (mac, source) = NicRules.WantedMac(nic, plan, request.IsAttached);
        var wantedMac = await Macs(plan.Subnet).ClaimAsync(
            new MacRequest { Owner = request.Owner, Wanted = mac, Current = nic.Status?.MacAddress, IsForOwner = IsFor(plan) }, cancellationToken);
        if (!wantedMac.TryGet(out var granted, out refusal))
            return refusal;

        var status = NicRules.Granted(nic, plan, granted.Mac, source, attachments, move, _defaultMtu);
        var isOutdated = plan.IsOutdated || (request.IsAttached && nic.Spec.MacAddress is { } other && other != granted.Mac);
        var conditions = With(status.Conditions, nic, NicConditions.RestartRequired, isOutdated ? NicConditions.InUse : null);
        conditions = With(conditions, nic, NicConditions.SecurityGroupsBound, await SecurityGroupsBoundAsync(nic, cancellationToken));
        conditions = With(conditions, nic, NicConditions.AddressShared, await AddressSharedAsync(nic, cancellationToken));
        status = await WithQosAsync(nic, status with { Node = NodeOf(nic, move), Conditions = conditions }, plan.Subnet, cancellationToken);
        await ApplyAsync(nic, status, plan.Subnet, cancellationToken);
        await WriteStatusAsync(status, Ready, cancellationToken);
        Tell(nic, move.Migration);
        await GiveUpSurplusAsync(plan, granted.Surplus, request.Owner.Uid, cancellationToken);
        return null;
    }

    private async Task<Refusal?> CheckNamespaceAsync(Nic nic, CancellationToken cancellationToken)
    {
        if (!(await SubnetGrain(nic).DescribeAsync(cancellationToken)).TryGet(out var subnet, out var refusal))
            return refusal;
        return (await Context.Grains.GetGrain<IVpcGrain>(new ObjectKey(subnet.Spec.Vpc)).DescribeAsync(cancellationToken)).TryGet(out var vpc, out refusal)
            ? NicRules.CheckNamespace(Context.Key.Namespace!, subnet, vpc)
            : refusal;
    }

    /// <summary>Tries what the Subnet chooses until the claims are the Nic's: each failure tells the Subnet something it did not know.</summary>
    private async Task<Outcome<AddressPlan>> TakeAddressesAsync(AddressRequest request, CancellationToken cancellationToken)
    {
        while (true)
        {
            var chosen = await SubnetGrain(request.Nic).ChooseAsync(request, cancellationToken);
            if (!chosen.TryGet(out var plan, out var refusal))
                return refusal;
            var missed = false;
            foreach (var choice in plan.Choices)
            {
                if (request.CurrentOf(choice.Address.Family) == choice.Address && await IsKnownAsync(choice.Address, request, cancellationToken))
                    continue;
                var holders = await Addresses(request.Nic).TakeAsync(choice.Address, request.Owner, IsFor(plan), choice.IsThoughtFree, cancellationToken);
                if (holders.IsOwnedBy(request.Owner.Uid))
                    continue;
                if (choice.IsFirm)
                    return new AddressTaken(choice.Address, holders) { Field = choice.Source is null ? "spec.addresses" : null };
                missed = true;
            }
            if (!missed)
                return plan;
        }
    }

    /// <summary>
    /// Whether the claim of an address that the status names was seen to be the Nic's. That is enough to leave things as they are: it was made
    /// before it was named, and a Nic says so on itself before it gives one back.
    /// </summary>
    private async Task<bool> IsKnownAsync(IpAddress address, AddressRequest request, CancellationToken cancellationToken)
    {
        var seen = await Context.Store.FindAsync(ResourceTypes.IPClaims, new ObjectKey(IPClaim.NameOf(request.Nic.Spec.Subnet, address)), cancellationToken);
        return seen?.Holders().IsOwnedBy(request.Owner.Uid) == true;
    }

    /// <summary>Has the port made. When that takes long the status says so meanwhile.</summary>
    private async Task ApplyAsync(Nic nic, NicStatus status, Subnet subnet, CancellationToken cancellationToken)
    {
        var applying = _realizer.ApplyAsync(nic with { Status = status }, subnet, cancellationToken);
        if (!applying.IsCompleted)
        {
            using var inTime = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await Task.WhenAny(applying, Task.Delay(NetworkPatience, Context.Time, inTime.Token));
            await inTime.CancelAsync();
        }
        if (!applying.IsCompletedSuccessfully)
            await WriteStatusAsync(status, status.Conditions.Find(Condition.Ready) ?? Realizing, cancellationToken);
        await applying;
    }

    private async Task GiveUpSurplusAsync(AddressPlan plan, EquatableArray<HeldMac> macs, string ownerUid, CancellationToken cancellationToken)
    {
        var held = await SubnetGrain(_state.Value!).HeldByAsync(ownerUid, cancellationToken);
        var surplus = held.Where(address => plan.Choices.All(choice => choice.Address != address)).ToArray();
        await ReleaseAsync(new ReleaseIntent(surplus.Length == 0 ? [] : await Addresses(_state.Value!).ConfirmAsync(surplus, ownerUid, cancellationToken), macs), cancellationToken);
    }

    /// <summary>A status with what the policies that there are now hold the Nic to.</summary>
    private async Task<NicStatus> WithQosAsync(Nic nic, NicStatus status, Subnet subnet, CancellationToken cancellationToken)
    {
        var qos = QosDecision.For(nic, subnet, new Mtu(subnet.Spec.Mtu ?? _defaultMtu), await Context.Store.FindAllAsync(ResourceTypes.QosPolicies, cancellationToken));
        return status with { QosPolicy = qos.Policy, Qos = qos.Limits, Conditions = With(status.Conditions, nic, NicConditions.QosBound, qos.Bound) };
    }

    private async Task<Condition?> AddressSharedAsync(Nic nic, CancellationToken cancellationToken)
    {
        var taken = new List<string>();
        foreach (var allowed in nic.Spec.AllowedAddresses)
        {
            if (allowed.Single is { } address
                && await Context.Store.FindAsync(ResourceTypes.IPClaims, new ObjectKey(IPClaim.NameOf(nic.Spec.Subnet, address)), cancellationToken) is { Spec.Owner: { } owner }
                && owner.Uid != nic.Metadata.Uid)
            {
                taken.Add($"{address} is Nic {owner}'s");
            }
        }

        return taken.Count == 0 ? null : NicConditions.Shared(taken);
    }

    private async Task<Condition?> SecurityGroupsBoundAsync(Nic nic, CancellationToken cancellationToken)
    {
        var missing = new List<string>();
        foreach (var name in nic.Spec.SecurityGroups)
        {
            if (await Context.Store.FindAsync(ResourceTypes.SecurityGroups, new ObjectKey(nic.Metadata.Namespace, name), cancellationToken) is null)
                missing.Add(name);
        }
        return missing.Count == 0 ? null : NicConditions.Unbound(nic.Metadata.Namespace!, missing);
    }

    private async Task<TimeSpan?> RefuseAsync(Refusal refusal, CancellationToken cancellationToken)
    {
        var nic = _state.Value!;
        var status = nic.Status ?? new NicStatus();
        var said = status.Conditions.Find(Condition.Ready);
        if (said?.Reason != refusal.Reason || said.Message != refusal.ToString())
            _events.Warning(nic.ToReference(), refusal.Reason, refusal.ToString());
        // What the Nic has, it keeps: only the condition changes, where it is attached, and what it is held to.
        var attachments = await LiveAttachmentsAsync(nic, cancellationToken);
        var move = MoveOf(nic, attachments);
        var kept = status with
        {
            ObservedGeneration = nic.Metadata.Generation ?? 0,
            Phase = status.Addresses.IsEmpty ? NicPhase.Refused : NicRules.PhaseOf(move.Home),
            Attachments = attachments,
            Node = NodeOf(nic, move),
            Migration = move.Migration,
        };
        // Policies go on to count for one that runs, whatever else it is refused.
        if (!kept.Addresses.IsEmpty && !NicRules.ValidateLimits(nic.Spec).Any() && (await SubnetGrain(nic).DescribeAsync(cancellationToken)).TryGet(out var subnet, out _))
            kept = await WithQosAsync(nic, kept, subnet, cancellationToken);
        await WriteStatusAsync(kept, new Condition { Type = Condition.Ready, Status = "False", Reason = refusal.Reason, Message = refusal.ToString() }, cancellationToken);
        // An address claimed for an earlier wish and never named would be kept from others while this wish is refused.
        var held = await SubnetGrain(nic).HeldByAsync(nic.Metadata.Uid!, cancellationToken);
        var unnamed = held.Where(address => kept.Addresses.All(named => named.Address != address)).ToArray();
        if (unnamed.Length > 0)
            await ReleaseAsync(new ReleaseIntent(await Addresses(nic).ConfirmAsync(unnamed, nic.Metadata.Uid!, cancellationToken), []), cancellationToken);
        return LookAgain;
    }

    /// <summary>Where it lives; and while it lives nowhere, where its workload is to run.</summary>
    private string? NodeOf(Nic nic, NicMove move) => move.Home?.Node ?? _placement.NodeFor(nic);

    private NicMove MoveOf(Nic nic, EquatableArray<NicAttachment> attachments) =>
        NicMove.Decide(attachments, _placement.PlaceOf(nic), nic.Status?.Migration, Context.Time.GetUtcNow().ToSecond());

    /// <summary>A source that does not answer is not waited for: nothing would say that its time is over.</summary>
    private TimeSpan? LookAgainWhileMoving() => _state.Value?.Status?.Migration is { Phase: NicMigrationPhase.Activated } ? NicMove.SourcePatience : null;

    private void Tell(Nic before, NicMigration? migration)
    {
        if (migration is null || (before.Status?.Migration is { } told && told.Uid == migration.Uid && told.Phase == migration.Phase && (told.Released is null) == (migration.Released is null)))
            return;
        var about = before.ToReference();
        var (from, to) = (migration.SourceNode, migration.TargetNode);
        switch (migration.Phase)
        {
            case NicMigrationPhase.Preparing:
                _events.Normal(about, "MigrationPreparing", $"The VM is to move from {from} to {to}, which makes its port.");
                break;
            case NicMigrationPhase.Holding:
                _events.Normal(about, "MigrationHolding", $"{to} gets what is sent to the VM as well and keeps it.");
                break;
            case NicMigrationPhase.Activated:
                _events.Normal(about, "MigrationActivated", $"The VM speaks on {to}, which delivers what it had not read{(migration.Released is null ? "" : $": {Figures(migration)}")}.");
                break;
            case NicMigrationPhase.Converged:
                _events.Normal(about, "MigrationConverged", $"{to} alone has the port: {Figures(migration)}.");
                break;
            case NicMigrationPhase.RolledBack:
                _events.Warning(about, "MigrationRolledBack", $"{from} alone has the port: {migration.Message}.");
                break;
        }
    }

    private static string Figures(NicMigration migration) => migration is { Held: { } held, Released: not null }
        ? $"{held} frames were kept, {migration.Released} released, the oldest {migration.GapMilliseconds} ms old; delivered within {migration.ActivationMicroseconds / 1000.0:0.0} ms{(migration.Message is null ? "" : $"; {migration.Message}")}"
        : migration.Message ?? "nothing was kept";

    private Task WriteStatusAsync(NicStatus status, Condition ready, CancellationToken cancellationToken)
    {
        var nic = _state.Value!;
        return _state.WriteStatusAsync(nic with { Status = status with { Conditions = With(status.Conditions, nic, Condition.Ready, ready) } }, cancellationToken);
    }

    private EquatableArray<Condition> With(EquatableArray<Condition> conditions, Nic nic, string type, Condition? condition) => condition is null
        ? conditions.Without(type)
        : conditions.With(condition with { ObservedGeneration = nic.Metadata.Generation }, Context.Time.GetUtcNow().ToSecond());

    private static Condition Realizing { get; } =
        new() { Type = Condition.Ready, Status = "Unknown", Reason = "Realizing", Message = "Addresses are given; the port is being made." };

    private static Condition Ready { get; } =
        new() { Type = Condition.Ready, Status = "True", Reason = "Realized", Message = "The port is there." };

    private static Func<ClaimOwner, bool> IsFor(AddressPlan plan) => by => plan.StaticIPs.Any(kept => kept.Metadata.Uid == by.Uid);

    private ISubnetGrain SubnetGrain(Nic nic) => Context.Grains.GetGrain<ISubnetGrain>(new ObjectKey(nic.Spec.Subnet));

    private AddressClaims Addresses(Nic nic) => new(Context.Store, nic.Spec.Subnet, SubnetGrain(nic).NoteAsync);

    private MacClaims Macs(Subnet subnet) => new(Context.Store, _view, subnet.Spec.Vpc);
}
