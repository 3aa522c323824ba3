using System.Collections.Concurrent;
using Fabric.Kube;
using Fabric.Resources;
using Vmnet.KubeVirt;

namespace Cni.Agent.Nics;

/// <summary>
/// The VM instances whose launchers are on this node. What is read of one, its VM and its interfaces, does not change while it runs, so
/// each is asked for once, as soon as its launcher is scheduled; the API offers no selection of a node's instances before they run.
/// </summary>
internal sealed class LaunchedInstances(KubeClient client)
{
    private readonly ConcurrentDictionary<string, VirtualMachineInstance> _byUid = new(StringComparer.Ordinal);

    /// <summary>The instance that a launcher runs, or null when there is none, or only another one of its name.</summary>
    /// <exception cref="Fabric.Kube.Transport.KubeException">The API is asked, and fails.</exception>
    internal async Task<VirtualMachineInstance?> FindAsync(VmIdentity vm, CancellationToken cancellationToken)
    {
        if (_byUid.TryGetValue(vm.InstanceUid, out var known))
        {
            return known;
        }

        var instance = await client.Resource(KubeVirtTypes.Instances).GetAsync(new ObjectKey(vm.Namespace, vm.Name), cancellationToken);
        return instance?.Metadata.Uid == vm.InstanceUid ? _byUid[vm.InstanceUid] = instance : null;
    }

    /// <summary>Its launcher is gone.</summary>
    internal void Forget(string instanceUid) => _byUid.TryRemove(instanceUid, out _);
}
