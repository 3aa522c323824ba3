using Fabric.Grains.Storage;
using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Grains.Nics;

public sealed partial class NicGrain
{
    /// <summary>Marks what is to be released on the Nic, then releases it: see <see cref="ReleaseIntent"/>.</summary>
    private async Task ReleaseAsync(ReleaseIntent surplus, CancellationToken cancellationToken)
    {
        if (surplus.IsEmpty)
            return;
        await _state.WriteAsync(surplus.WriteTo(_state.Value!), cancellationToken);
        await ReleaseIntendedAsync(cancellationToken);
    }

    /// <summary>Releases what is marked, then takes the mark away.</summary>
    private async Task ReleaseIntendedAsync(CancellationToken cancellationToken)
    {
        var nic = _state.Value!;
        var intent = ReleaseIntent.Of(nic);
        if (intent.IsEmpty)
            return;
        foreach (var (address, version) in intent.Addresses)
            await Addresses(nic).ReleaseAsync(address, nic.Metadata.Uid!, version, cancellationToken);
        if (!intent.Macs.IsEmpty && await SubnetOfAsync(nic, cancellationToken) is { } subnet)
        {
            foreach (var (mac, version) in intent.Macs)
                await Macs(subnet).ReleaseAsync(mac, nic.Metadata.Uid!, version, cancellationToken);
        }
        await _state.WriteAsync(new ReleaseIntent([], []).WriteTo(nic), cancellationToken);
    }

    /// <summary>The end: port, claims, finalizer, in this order, so that an address is free only when nobody answers to it.</summary>
    private async Task ReleaseAllAsync(Nic nic, CancellationToken cancellationToken)
    {
        if (!nic.Metadata.HasFinalizer(FabricApi.Finalizer))
            return;
        var uid = nic.Metadata.Uid!;
        await _realizer.RemoveNicAsync(Context.Key, cancellationToken);
        var named = (nic.Status?.Addresses ?? []).Select(address => address.Address);
        var held = await SubnetGrain(nic).HeldByAsync(uid, cancellationToken);
        foreach (var address in named.Union(held).ToArray())
            await Addresses(nic).ReleaseAsync(address, uid, version: null, cancellationToken);
        // Without its Subnet the Vpc is not known; the sweep finds the claim by the Nic that is gone.
        if (await SubnetOfAsync(nic, cancellationToken) is { } subnet)
            await Macs(subnet).ReleaseAllAsync(uid, nic.Status?.MacAddress, cancellationToken);
        await _state.WriteAsync(nic with { Metadata = nic.Metadata.WithoutFinalizer() }, cancellationToken);
    }

    /// <summary>
    /// The attachments whose pod exists: a node that died takes none of its own away. Whether a container exists only its node
    /// knows, whose agent removes the Nic with it; the Nic of a node that is no more goes with the Node object, which owns it.
    /// </summary>
    private async Task<EquatableArray<NicAttachment>> LiveAttachmentsAsync(Nic nic, CancellationToken cancellationToken)
    {
        if (nic.Spec.Owner.Kind == NicOwnerKind.Container)
            return nic.Status?.Attachments ?? [];
        var live = new List<NicAttachment>();
        foreach (var attachment in nic.Status?.Attachments ?? [])
        {
            var pod = await Context.Store.FindAsync(ResourceTypes.Pods, new ObjectKey(Context.Key.Namespace, attachment.PodName), cancellationToken);
            if (pod?.Metadata.Uid == attachment.PodUid)
                live.Add(attachment);
        }
        return [.. live];
    }

    private Task<Subnet?> SubnetOfAsync(Nic nic, CancellationToken cancellationToken) =>
        Context.Store.FindAsync(ResourceTypes.Subnets, new ObjectKey(nic.Spec.Subnet), cancellationToken);
}
