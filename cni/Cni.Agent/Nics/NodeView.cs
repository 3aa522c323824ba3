using Fabric.Kube;
using Fabric.Kube.Informers;
using Fabric.Resources;
using Fabric.Resources.Core;
using Vmnet.KubeVirt;

namespace Cni.Agent.Nics;

/// <summary>
/// What the API has said of this node: the pods that are scheduled to it, and the Nics that live here or are about to. It is read
/// without asking, and stays while the API is away.
/// </summary>
internal sealed class NodeView
{
    private readonly InformerIndex<Pod> _byUid;
    private readonly InformerIndex<Pod> _launchers;
    private readonly InformerIndex<Nic> _byOwner;

    internal NodeView(KubeClient client, string node)
    {
        Pods = new Informer<Pod>(client, ResourceTypes.Pods, new ListOptions { Fields = $"spec.nodeName={node}" });
        Nics = new Informer<Nic>(client, ResourceTypes.Nics, new ListOptions { Fields = $"status.node={node}" });
        _byUid = Pods.AddIndex(pod => [pod.Metadata.Uid!]);
        _launchers = Pods.AddIndex(pod => LauncherPod.Identify(pod) is { } vm ? [VmKey(vm.Namespace, vm.Name)] : []);
        _byOwner = Nics.AddIndex(nic => [nic.Spec.Owner.Uid]);
    }

    /// <summary>The pods of this node.</summary>
    internal Informer<Pod> Pods { get; }

    /// <summary>The Nics whose node is this one: what others do to theirs is not heard here.</summary>
    internal Informer<Nic> Nics { get; }

    /// <summary>The pod that a runtime asks for, if it is known to be here.</summary>
    internal Pod? Find(PodReference reference) =>
        Pods.Get(new ObjectKey(reference.Namespace, reference.Name)) is { } pod && (reference.Uid is null ? !pod.Metadata.IsDeleting : pod.Metadata.Uid == reference.Uid)
            ? pod
            : null;

    /// <summary>The pod of that uid.</summary>
    internal Pod? FindPod(string uid) => _byUid.Find(uid) is [var pod, ..] ? pod : null;

    /// <summary>The Nics of a pod, a VM, or an instance without one.</summary>
    internal IReadOnlyList<Nic> NicsOf(string ownerUid) => _byOwner.Find(ownerUid);

    /// <summary>The uids of the pods here that a Nic may be attached to.</summary>
    internal IEnumerable<string> PodsOf(Nic nic) => nic.Spec.Owner.Kind switch
    {
        NicOwnerKind.Pod => [nic.Spec.Owner.Uid],
        NicOwnerKind.VirtualMachine or NicOwnerKind.VirtualMachineInstance => _launchers.Find(VmKey(nic.Metadata.Namespace!, nic.Spec.Owner.Name)).Select(pod => pod.Metadata.Uid!),
        _ => [],
    };

    /// <summary>Watches until cancelled.</summary>
    internal Task RunAsync(CancellationToken cancellationToken) => Task.WhenAll(Pods.RunAsync(cancellationToken), Nics.RunAsync(cancellationToken));

    private static string VmKey(string ns, string name) => $"{ns}/{name}";
}
