using Fabric.Grains.Claims;
using Fabric.Grains.Realization;
using Fabric.Grains.Runtime;
using Fabric.Grains.Storage;
using Fabric.Grains.Subnets;
using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Grains.Vpcs;

/// <inheritdoc cref="IVpcGrain"/>
public sealed class VpcGrain : Grain, IVpcGrain
{
    /// <summary>The end of what holds it up is watched; this only guards against a lost event.</summary>
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(30);

    private readonly INetworkRealizer _realizer;
    private readonly IClaimView _view;
    private readonly IPersistentState<Vpc> _state;

    /// <summary>A grain that has its router made by <paramref name="realizer"/>.</summary>
    public VpcGrain(GrainContext context, INetworkRealizer realizer, IClaimView view)
        : base(context)
    {
        _realizer = realizer;
        _view = view;
        _state = context.State(ResourceTypes.Vpcs);
    }

    private string Name => Context.Key.Name;

    /// <inheritdoc/>
    public async Task<Outcome<Vpc>> DescribeAsync(CancellationToken cancellationToken)
    {
        // A refusal must not rest on what was so when the grain was last told.
        await _state.RefreshAsync(cancellationToken);
        if (_state.Value is null)
            await _state.ReadAsync(cancellationToken);
        return _state.Value is { } vpc ? vpc : new VpcNotFound(Name) { Field = "spec.subnet" };
    }

    /// <inheritdoc/>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        var claims = new MacClaims(Context.Store, _view, Name);
        foreach (var claim in await _view.MacsOfAsync(Name, cancellationToken))
            await ClaimSweep.GiveBackAsync(Context.Store, claims, claim, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<TimeSpan?> ReconcileAsync(CancellationToken cancellationToken)
    {
        await _state.RefreshAsync(cancellationToken);
        if (_state.Value is not { } vpc)
        {
            await _realizer.RemoveVpcAsync(Name, cancellationToken);
            return null;
        }
        if (!vpc.Metadata.IsDeleting && !vpc.Metadata.HasFinalizer(FabricApi.Finalizer))
        {
            await _state.WriteAsync(vpc with { Metadata = vpc.Metadata.WithFinalizer() }, cancellationToken);
            vpc = _state.Value!;
        }
        var all = await Context.Store.FindAllAsync(ResourceTypes.Subnets, cancellationToken);
        EquatableArray<string> subnets = [.. all.Where(subnet => subnet.Spec.Vpc == Name).Select(subnet => subnet.Metadata.Name!).Order(StringComparer.Ordinal)];
        if (vpc.Metadata.IsDeleting)
            return await FinishDeletionAsync(vpc, subnets, cancellationToken);

        if (await RealizationPatience.WaitAsync(stop => _realizer.ApplyAsync(vpc, stop), Context.Time, cancellationToken) is not { } router)
        {
            if (vpc.Status?.Conditions.Find(Condition.Ready) is null)
                await WriteStatusAsync(vpc, router: null, subnets, RealizationPatience.Waiting, cancellationToken);
            return RealizationPatience.SoonAgain;
        }
        var ready = new Condition { Type = Condition.Ready, Status = "True", Reason = "Realized", Message = "The router is there." };
        await WriteStatusAsync(vpc, router, subnets, ready, cancellationToken);
        return null;
    }

    private async Task<TimeSpan?> FinishDeletionAsync(Vpc vpc, EquatableArray<string> subnets, CancellationToken cancellationToken)
    {
        if (!vpc.Metadata.HasFinalizer(FabricApi.Finalizer))
            return null;
        if (!subnets.IsEmpty)
        {
            var message = $"It is deleted when it has no Subnets any more. Delete {string.Join(", ", subnets)}.";
            var waiting = new Condition { Type = Condition.Ready, Status = "False", Reason = "InUse", Message = message };
            await WriteStatusAsync(vpc, vpc.Status?.Router, subnets, waiting, cancellationToken);
            return LookAgain;
        }
        await _realizer.RemoveVpcAsync(Name, cancellationToken);
        await _state.WriteAsync(vpc with { Metadata = vpc.Metadata.WithoutFinalizer() }, cancellationToken);
        return null;
    }

    private Task WriteStatusAsync(Vpc vpc, string? router, EquatableArray<string> subnets, Condition ready, CancellationToken cancellationToken)
    {
        var status = vpc.Status ?? new VpcStatus();
        return _state.WriteStatusAsync(
            vpc with
            {
                Status = status with
                {
                    ObservedGeneration = vpc.Metadata.Generation ?? 0,
                    Router = router,
                    Subnets = subnets,
                    Conditions = status.Conditions.With(ready with { ObservedGeneration = vpc.Metadata.Generation }, Context.Time.GetUtcNow().ToSecond()),
                },
            },
            cancellationToken);
    }
}
