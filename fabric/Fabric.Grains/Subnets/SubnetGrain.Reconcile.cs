using Fabric.Grains.Storage;
using Fabric.Grains.Events;
using Fabric.Grains.Realization;
using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Grains.Subnets;

public sealed partial class SubnetGrain
{
    private const int HoldersNamed = 3;
    private const string InUse = "InUse";

    /// <inheritdoc/>
    public async Task<TimeSpan?> ReconcileAsync(CancellationToken cancellationToken)
    {
        await _state.RefreshAsync(cancellationToken);
        if (_state.Value is not { } subnet)
        {
            _addresses = null;
            await _realizer.RemoveSubnetAsync(Name, cancellationToken);
            return null;
        }
        if (subnet.Metadata.IsDeleting)
            return await FinishDeletionAsync(subnet, cancellationToken);
        if (!subnet.Metadata.HasFinalizer(FabricApi.Finalizer))
        {
            await _state.WriteAsync(subnet with { Metadata = subnet.Metadata.WithFinalizer() }, cancellationToken);
            subnet = _state.Value!;
        }
        return await MakeAsync(subnet, cancellationToken);
    }

    private async Task<TimeSpan?> MakeAsync(Subnet subnet, CancellationToken cancellationToken)
    {
        var refusals = await FindFaultsAsync(subnet, cancellationToken);
        if (refusals.Count > 0)
        {
            await WriteStatusAsync(subnet, addresses: null, subnet.Status?.Switch, NotReady(refusals[0].Reason, string.Join(" ", refusals)), cancellationToken);
            return LookAgain;
        }

        var addresses = await RefreshPoolsAsync(subnet, cancellationToken);
        if (FindInTheWay(subnet, addresses) is { } inTheWay)
        {
            await WriteStatusAsync(subnet, addresses, subnet.Status?.Switch, NotReady(inTheWay.Reason, inTheWay.ToString()), cancellationToken);
            return LookAgain;
        }
        if (await RealizationPatience.WaitAsync(stop => _realizer.ApplyAsync(subnet, stop), Context.Time, cancellationToken) is not { } switchName)
        {
            // What gave out addresses goes on giving them out.
            if (subnet.Status?.Conditions.Find(Condition.Ready) is null)
                await WriteStatusAsync(subnet, addresses, switchName: null, RealizationPatience.Waiting, cancellationToken);
            return RealizationPatience.SoonAgain;
        }
        var ready = new Condition { Type = Condition.Ready, Status = "True", Reason = "Realized", Message = "Addresses are given out." };
        await WriteStatusAsync(subnet, addresses, switchName, ready, cancellationToken);
        return null;
    }

    private async Task<IReadOnlyList<Refusal>> FindFaultsAsync(Subnet subnet, CancellationToken cancellationToken)
    {
        // Once it was found in order it stays so until it is changed: who comes later gives way. What was seen of the others is enough:
        // news come in order, so whatever was made before this Subnet was seen before it.
        var isInOrder = subnet.Status?.Conditions.Find(Condition.Ready) is { IsTrue: true } && subnet.Status.ObservedGeneration == subnet.Metadata.Generation;
        var others = isInOrder ? [] : await Context.Store.FindAllAsync(ResourceTypes.Subnets, cancellationToken);
        var refusals = SubnetRules.Validate(subnet, others.Where(other => SubnetRules.IsBefore(other, subnet))).ToList();
        var vpc = await Context.Store.FindAsync(ResourceTypes.Vpcs, new ObjectKey(subnet.Spec.Vpc), cancellationToken);
        if (vpc is null || vpc.Metadata.IsDeleting)
            refusals.Add(new VpcNotFound(subnet.Spec.Vpc) { Field = "spec.vpc" });
        return refusals;
    }

    /// <summary>An address in use that the Subnet, as it is now, has as its gateway or does not have at all.</summary>
    private static Refusal? FindInTheWay(Subnet subnet, SubnetAddresses addresses)
    {
        foreach (var pool in addresses.Families)
        {
            var gateway = pool.Status.Gateway;
            if (pool.HoldersOf(gateway) is { IsEmpty: false } holders)
                return new AddressTaken(gateway, holders) { Field = pool.Cidr.IsV4 ? "spec.ipv4.gateway" : "spec.ipv6.gateway" };
        }
        var (address, holder) = addresses.Outside.FirstOrDefault();
        return addresses.Outside.Count == 0 ? null : SubnetRules.InUse(address, holder);
    }

    private async Task<TimeSpan?> FinishDeletionAsync(Subnet subnet, CancellationToken cancellationToken)
    {
        if (!subnet.Metadata.HasFinalizer(FabricApi.Finalizer))
            return null;
        await SweepAsync(cancellationToken);
        subnet = _state.Value!;
        if (subnet is null)
            return null;
        var addresses = await AddressesAsync(subnet, cancellationToken);
        var held = addresses.Held.ToArray();
        if (held.Length > 0)
        {
            var named = held.Take(HoldersNamed).Select(each => $"{each.Holders} ({each.Address})");
            var more = held.Length > HoldersNamed ? $" and {held.Length - HoldersNamed} more" : "";
            var message = $"It is deleted when nobody uses it any more. In use by {string.Join(", ", named)}{more}: delete their VMs, pods or StaticIPs.";
            await WriteStatusAsync(subnet, addresses, subnet.Status?.Switch, NotReady(InUse, message), cancellationToken);
            return LookAgain;
        }
        await _realizer.RemoveSubnetAsync(Name, cancellationToken);
        await _state.WriteAsync(subnet with { Metadata = subnet.Metadata.WithoutFinalizer() }, cancellationToken);
        return null;
    }

    private void ScheduleStatistics()
    {
        if (_statisticsDue)
            return;
        _statisticsDue = true;
        Context.RunLater(StatisticsDelay, WriteStatisticsAsync);
    }

    private async Task WriteStatisticsAsync(CancellationToken cancellationToken)
    {
        _statisticsDue = false;
        if (_state.Value is not { Status: { } status } subnet || _addresses is null)
            return;
        await _state.WriteStatusAsync(subnet with { Status = Count(status, _addresses) }, cancellationToken);
    }

    private Task WriteStatusAsync(Subnet subnet, SubnetAddresses? addresses, string? switchName, Condition ready, CancellationToken cancellationToken)
    {
        var status = subnet.Status ?? new SubnetStatus();
        var said = status.Conditions.Find(Condition.Ready);
        // Who it waits for changes with every one that goes: that is not said anew.
        if (ready.Status == "False" && (said?.Reason != ready.Reason || (said?.Message != ready.Message && ready.Reason != InUse)))
            _events.Warning(subnet.ToReference(), ready.Reason!, ready.Message!);
        return _state.WriteStatusAsync(
            subnet with
            {
                Status = (addresses is null ? status : Count(status, addresses)) with
                {
                    ObservedGeneration = subnet.Metadata.Generation ?? 0,
                    Switch = switchName,
                    Conditions = status.Conditions.With(ready with { ObservedGeneration = subnet.Metadata.Generation }, Context.Time.GetUtcNow().ToSecond()),
                },
            },
            cancellationToken);
    }

    private static SubnetStatus Count(SubnetStatus status, SubnetAddresses addresses)
    {
        var ranges = addresses.Families.Select(pool => (pool.Cidr.Family, pool.Status)).ToArray();
        var scarcest = ranges.Select(range => range.Status).MinBy(range => range.Free)!;
        return status with
        {
            Used = scarcest.Used,
            Free = scarcest.Free,
            Ipv4 = ranges.FirstOrDefault(range => range.Family == IpFamily.V4).Status,
            Ipv6 = ranges.FirstOrDefault(range => range.Family == IpFamily.V6).Status,
        };
    }

    private static Condition NotReady(string reason, string message) =>
        new() { Type = Condition.Ready, Status = "False", Reason = reason, Message = message };
}
