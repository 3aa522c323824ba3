using Cni.Agent.Requests;
using Cni.Agent.Serving;
using Cni.Protocol;
using Fabric.Kube;
using Fabric.Kube.Transport;
using Fabric.Resources;

namespace Cni.Agent.Nics;

/// <summary>
/// Makes and removes the Nics of this node's containers without a pod. The control plane gives them addresses as it does
/// every Nic; but that a container exists only its node knows.
/// </summary>
internal sealed class ContainerNics(KubeClient client, string node, TimeProvider time)
{
    // The Nic of a container that was removed an instant ago goes as soon as the control plane has freed its addresses.
    private static readonly TimeSpan EarlierDeadline = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan EarlierPause = TimeSpan.FromMilliseconds(100);

    private KubeResource<Nic> Nics => client.Resource(ResourceTypes.Nics);

    /// <summary>The Nic of a container's device.</summary>
    internal NicOfWorkload NicOf(ContainerOwner owner, string device) => new(owner.NicOn(node, device), owner.UidOn(node));

    /// <summary>Makes the Nic; one that was made by the same request before is taken as it is.</summary>
    /// <exception cref="CniFailure">It cannot be made until somebody changes an object.</exception>
    internal async Task EnsureAsync(ContainerOwner owner, string device, EndpointWish wish, CancellationToken cancellationToken)
    {
        var wanted = await MakeAsync(owner, device, wish, cancellationToken);
        var key = ResourceTypes.Nics.KeyOf(wanted);
        var deadline = time.GetUtcNow() + EarlierDeadline;
        while (!await TryCreateAsync(wanted, cancellationToken))
        {
            var found = await Nics.GetAsync(key, cancellationToken);
            if (found is { Metadata.IsDeleting: false })
            {
                if (found.Spec.Owner != wanted.Spec.Owner)
                {
                    throw new CniFailure(CniErrorCode.Refused, $"Nic {key} is that of {found.Spec.Owner}", "Delete it if nobody uses it");
                }

                if (found.Spec == wanted.Spec)
                {
                    return;
                }

                // What was wanted then is something else: it was left behind when this node lost its disk.
                await Nics.DeleteAsync(key, new DeleteOptions { Uid = found.Metadata.Uid }, cancellationToken);
            }

            if (time.GetUtcNow() >= deadline)
            {
                throw new CniFailure(CniErrorCode.TryAgainLater, $"Nic {key} of before is still being removed", "Its addresses are freed by fabric server: is it running?");
            }

            await Task.Delay(EarlierPause, time, cancellationToken);
        }
    }

    /// <summary>Removes the Nic of a container; one that is gone, or another's, makes no difference.</summary>
    internal async Task RemoveAsync(ObjectKey key, string ownerUid, CancellationToken cancellationToken)
    {
        if (await Nics.GetAsync(key, cancellationToken) is { Metadata.IsDeleting: false } nic && IsHere(nic) && nic.Spec.Owner.Uid == ownerUid)
        {
            await Nics.DeleteAsync(key, new DeleteOptions { Uid = nic.Metadata.Uid }, cancellationToken);
        }
    }

    /// <summary>Whether a Nic is that of a container of this node.</summary>
    internal bool IsHere(Nic nic) => nic.Spec.Owner is { Kind: NicOwnerKind.Container } owner && owner.Node == node;

    /// <summary>Why no container could get a Nic there; null when one could.</summary>
    /// <exception cref="KubeException">The API does not say.</exception>
    internal async Task<string?> FaultAsync(string ns, string? subnet, CancellationToken cancellationToken)
    {
        try
        {
            var name = subnet ?? (await ChooseAsync(ns, cancellationToken)).Subnet;
            var found = await client.Resource(ResourceTypes.Subnets).GetAsync(new ObjectKey(name), cancellationToken);
            return found is null ? $"there is no Subnet {name}"
                : found.Status?.Conditions.Find(Condition.Ready) is { Status: "False" } ready ? $"Subnet {name}: {ready.Message}"
                : found.Status is { } status && IsExhausted(found.Spec, status) ? $"Subnet {name} has no free address"
                : null;
        }
        catch (CniFailure e)
        {
            return e.Message;
        }
    }

    private static bool IsExhausted(SubnetSpec spec, SubnetStatus status) =>
        (spec.Ipv4 is not null && status.Ipv4 is { Free: 0 }) || (spec.Ipv6 is not null && status.Ipv6 is { Free: 0 });

    private async Task<bool> TryCreateAsync(Nic wanted, CancellationToken cancellationToken)
    {
        try
        {
            await Nics.CreateAsync(wanted, cancellationToken);
            return true;
        }
        catch (KubeException e) when (e.IsAlreadyExists)
        {
            return false;
        }
        catch (KubeException e) when (e.IsInvalid)
        {
            throw new CniFailure(CniErrorCode.Refused, $"Nic {ResourceTypes.Nics.KeyOf(wanted)} is refused: {e.Detail}", null, e);
        }
        catch (KubeException e) when (e.IsNotFound)
        {
            throw NoNamespace(wanted.Metadata.Namespace!, e);
        }
    }

    private async Task<Nic> MakeAsync(ContainerOwner owner, string device, EndpointWish wish, CancellationToken cancellationToken)
    {
        var choice = owner.Subnet is null ? await ChooseAsync(owner.Namespace, cancellationToken) : new SubnetChoice(owner.Subnet, "subnet of the network configuration");
        // Where there is a Node object the Nic goes with it: a node that is no more removes nothing.
        var here = await client.Resource(ResourceTypes.Nodes).GetAsync(new ObjectKey(node), cancellationToken);
        var (key, uid) = NicOf(owner, device);
        return new Nic
        {
            Metadata = new ObjectMeta
            {
                Name = key.Name,
                Namespace = key.Namespace,
                Labels = wish.Labels,
                Finalizers = [FabricApi.Finalizer],
                OwnerReferences = here is null ? null : [new OwnerReference { ApiVersion = "v1", Kind = "Node", Name = node, Uid = here.Metadata.Uid! }],
            },
            Spec = new NicSpec
            {
                Subnet = choice.Subnet,
                Owner = new NicOwner { Kind = NicOwnerKind.Container, Name = owner.Name, Uid = uid, Node = node },
                Interface = device,
                MacAddress = wish.Mac,
                Addresses = [.. wish.Addresses.Select(wished => wished.Address)],
                Ingress = wish.Ingress,
                Egress = wish.Egress,
                Sources = [new WishSource { Field = WishField.Subnet, Source = choice.Source }, .. wish.Sources],
            },
        };
    }

    private async Task<SubnetChoice> ChooseAsync(string ns, CancellationToken cancellationToken)
    {
        var space = await client.Resource(ResourceTypes.Namespaces).GetAsync(new ObjectKey(ns), cancellationToken) ?? throw NoNamespace(ns, null);
        var annotation = space.Metadata.Annotation(FabricApi.SubnetAnnotation);
        var candidates = string.IsNullOrWhiteSpace(annotation)
            ? (IReadOnlyCollection<Subnet>)(await client.Resource(ResourceTypes.Subnets).ListAsync(new ListOptions(), cancellationToken)).Items
            : [];
        return SubnetChoice.For(ns, annotation, candidates).TryGet(out var choice, out var refusal)
            ? choice
            : throw new CniFailure(CniErrorCode.Refused, refusal.Message, "Or name one in the field subnet of the network configuration");
    }

    private static CniFailure NoNamespace(string ns, Exception? inner) =>
        new(CniErrorCode.Refused, $"there is no namespace {ns}, which the network configuration names", $"Make it: kubectl create namespace {ns}", inner);
}
