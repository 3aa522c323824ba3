using Cni.Agent.Serving;
using Cni.Protocol;
using Fabric.Kube;
using Fabric.Resources;
using Fabric.Resources.Core;
using Vmnet.KubeVirt;

namespace Cni.Agent.Nics;

/// <summary>
/// Finds the Nic that a pod's device is, and waits until it has its addresses: without asking the API when what was heard from it is
/// enough, and otherwise from the API.
/// </summary>
internal sealed class NicFinder(KubeClient client, NodeView view, LaunchedInstances instances, TimeProvider time)
{
    // The kubelet may ask before this API's caches show the pod.
    private static readonly TimeSpan PodDeadline = TimeSpan.FromSeconds(10);

    // Addresses are given before a pod is scheduled; a Nic that has none by then is waited for, but the runtime must see
    // why before it gives up: the kubelet does after four minutes.
    private static readonly TimeSpan NicDeadline = TimeSpan.FromSeconds(60);

    /// <summary>The pod asked for.</summary>
    /// <exception cref="CniFailure">There is no such pod, or another one has its name now.</exception>
    internal async Task<Pod> FindPodAsync(PodReference reference, CancellationToken cancellationToken)
    {
        if (view.Find(reference) is { } known)
        {
            return known;
        }

        var key = new ObjectKey(reference.Namespace, reference.Name);
        var deadline = time.GetUtcNow() + PodDeadline;
        while (true)
        {
            var pod = await client.Resource(ResourceTypes.Pods).GetAsync(key, cancellationToken);
            if (pod is not null && (reference.Uid is null || pod.Metadata.Uid == reference.Uid))
            {
                return pod;
            }

            if (time.GetUtcNow() >= deadline)
            {
                throw new CniFailure(
                    CniErrorCode.TryAgainLater,
                    pod is null ? $"there is no pod {key}" : $"pod {key} is another one: its uid is {pod.Metadata.Uid}, asked for is {reference.Uid}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200), time, cancellationToken);
        }
    }

    /// <summary>The Nic that <paramref name="device"/> of <paramref name="pod"/> is.</summary>
    /// <exception cref="CniFailure">The pod, or the VM that is in it, has no Nic for that device, or it is not known which VM's it is.</exception>
    internal async Task<NicOfWorkload> NicOfAsync(Pod pod, string device, CancellationToken cancellationToken)
    {
        var @namespace = pod.Metadata.Namespace!;
        if (!LauncherPod.IsLauncher(pod))
        {
            return await HasNicAsync(pod, device, cancellationToken)
                ? new NicOfWorkload(new ObjectKey(@namespace, NicName.ForPod(pod.Metadata.Name!, device)), pod.Metadata.Uid!)
                : throw new CniFailure(
                    CniErrorCode.Refused,
                    $"pod {@namespace}/{pod.Metadata.Name} has no Nic for device {device}",
                    $"Name its Subnet in the pod's annotation {FabricApi.ForInterface(FabricApi.SubnetAnnotation, device)}. {PodDevices.NameRule}");
        }

        if (LauncherPod.Identify(pod) is not { } vm)
        {
            throw new CniFailure(
                CniErrorCode.Refused,
                $"pod {@namespace}/{pod.Metadata.Name} is a VM's launcher and does not say which VM's",
                $"It needs the label {KubeVirtApi.CreatedByLabel} and the annotation {KubeVirtApi.DomainAnnotation}, which agrees with the label {KubeVirtApi.InstanceIdLabel}");
        }

        if (await instances.FindAsync(vm, cancellationToken) is not { } instance)
        {
            throw new CniFailure(CniErrorCode.TryAgainLater, $"VirtualMachineInstance {@namespace}/{vm.Name} with uid {vm.InstanceUid}, which pod {pod.Metadata.Name} runs, is not there");
        }

        var nic = device == VmInterfaces.PodDevice ? VmInterfaces.Of(instance.Spec).FirstOrDefault(each => each.OnPodNetwork) : null;
        return nic is not null
            ? new NicOfWorkload(new ObjectKey(@namespace, nic.NicName(vm.Name)), instance.VirtualMachineUid ?? vm.InstanceUid)
            : throw new CniFailure(
                CniErrorCode.Refused,
                $"VM {@namespace}/{vm.Name} has no interface on the pod network for device {device}",
                "Give one of spec.domain.devices.interfaces a network with pod: {}");
    }

    private async Task<bool> HasNicAsync(Pod pod, string device, CancellationToken cancellationToken)
    {
        if (PodDevices.Of(pod).Contains(device))
        {
            return true;
        }

        // What was heard of the pod may be of before it was annotated.
        var now = await client.Resource(ResourceTypes.Pods).GetAsync(ResourceTypes.Pods.KeyOf(pod), cancellationToken);
        return now?.Metadata.Uid == pod.Metadata.Uid && PodDevices.Of(now!).Contains(device);
    }

    /// <summary>Waits until the Nic has MAC, addresses and port.</summary>
    /// <exception cref="CniFailure">It was refused what it asks for, or has nothing in time; the message is the Nic's own.</exception>
    internal async Task<Nic> WaitReadyAsync(NicOfWorkload wanted, CancellationToken cancellationToken)
    {
        var key = wanted.Key;
        if (view.Nics.Get(key) is { } known && NicReadiness.Of(known, wanted.OwnerUid) is NicReadiness.Ready)
        {
            return known;
        }

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(NicDeadline);
        NicReadiness last = new NicReadiness.Waiting($"there is no Nic {key} yet: the events of its pod or VM say why, unless no fabric server is running");
        try
        {
            while (true)
            {
                await foreach (var readiness in FollowAsync(wanted, deadline.Token))
                {
                    switch (last = readiness)
                    {
                        case NicReadiness.Ready ready:
                            return ready.Nic;
                        case NicReadiness.Refused refused:
                            throw new CniFailure(CniErrorCode.Refused, $"Nic {key}: {refused.Reason}", refused.Message);
                    }
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CniFailure(CniErrorCode.TryAgainLater, $"Nic {key} has no addresses after {NicDeadline.TotalSeconds:0} s", (last as NicReadiness.Waiting)?.Message);
        }
    }

    /// <summary>What the Nic is now and at each change, until the watch ends.</summary>
    private async IAsyncEnumerable<NicReadiness> FollowAsync(
        NicOfWorkload wanted, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var nics = client.Resource(ResourceTypes.Nics);
        var only = new ListOptions { Namespace = wanted.Key.Namespace, Fields = $"metadata.name={wanted.Key.Name}" };
        var list = await nics.ListAsync(only, cancellationToken);
        foreach (var nic in list.Items)
        {
            yield return NicReadiness.Of(nic, wanted.OwnerUid);
        }

        await foreach (var change in nics.WatchAsync(only, list.Metadata.ResourceVersion ?? "", cancellationToken))
        {
            if (change.Type is WatchEventType.Expired)
            {
                yield break;
            }

            if (change is { Type: WatchEventType.Added or WatchEventType.Modified, Value: { } nic })
            {
                yield return NicReadiness.Of(nic, wanted.OwnerUid);
            }
        }
    }
}
