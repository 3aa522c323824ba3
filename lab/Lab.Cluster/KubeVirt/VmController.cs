using Fabric.Kube;
using Fabric.Kube.Events;
using Fabric.Kube.Informers;
using Fabric.Kube.Transport;
using Fabric.Resources;
using Lab.Cluster.Reconciling;
using Microsoft.Extensions.Logging;
using Vmnet.KubeVirt;

namespace Lab.Cluster.KubeVirt;

/// <summary>Makes and removes the instances of VMs as their run strategies say, and reports.</summary>
internal sealed class VmController
{
    private readonly KubeResource<VirtualMachine> _vms;
    private readonly KubeResource<VirtualMachineInstance> _instances;
    private readonly Informer<VirtualMachine> _vmInformer;
    private readonly Informer<VirtualMachineInstance> _instanceInformer;
    private readonly EventRecorder _events;
    private readonly TimeProvider _time;
    private readonly KeyedWork _work;

    public VmController(KubeClient client, Informer<VirtualMachine> vms, Informer<VirtualMachineInstance> instances, EventRecorder events, ILogger logger)
    {
        _vms = client.Resource(KubeVirtTypes.VirtualMachines);
        _instances = client.Resource(KubeVirtTypes.Instances);
        (_vmInformer, _instanceInformer, _events, _time) = (vms, instances, events, client.Options.Time);
        _work = new KeyedWork(logger, _time, workers: 4);
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(_vmInformer.WaitForSyncAsync(cancellationToken), _instanceInformer.WaitForSyncAsync(cancellationToken));
        _vmInformer.Subscribe(change => _work.Add(KubeVirtTypes.VirtualMachines.KeyOf(change.Current)));
        // An instance has the name of its VM.
        _instanceInformer.Subscribe(change => _work.Add(KubeVirtTypes.Instances.KeyOf(change.Current)));
        await _work.RunAsync(SyncAsync, cancellationToken);
    }

    private async Task<TimeSpan?> SyncAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (_vmInformer.Get(key) is not { } vm)
            return null;
        var facts = new VmFacts { Vm = vm, Named = _instanceInformer.Get(key), Now = _time.GetUtcNow() };
        var status = VmReport.Of(facts);
        if (!JsonSame.AsJson(vm.Status, status, KubeVirtJson.Default.VirtualMachineStatus))
            facts = facts with { Vm = await _vms.UpdateStatusAsync(vm with { Status = status }, cancellationToken) };
        var step = VmDecision.Decide(facts);
        if (step is VmStep.Rest rest)
            return rest.Again;
        await CarryOutAsync(step, facts, cancellationToken);
        return null;
    }

    private async Task CarryOutAsync(VmStep step, VmFacts facts, CancellationToken cancellationToken)
    {
        var (vm, meta) = (facts.Vm, facts.Vm.Metadata);
        var key = KubeVirtTypes.VirtualMachines.KeyOf(vm);
        switch (step)
        {
            case VmStep.AddFinalizer:
                await _vms.UpdateAsync(vm with { Metadata = meta with { Finalizers = [.. meta.Finalizers ?? [], VmDecision.Finalizer] } }, cancellationToken);
                break;
            case VmStep.RemoveFinalizer:
                await _vms.UpdateAsync(vm with { Metadata = meta with { Finalizers = [.. meta.Finalizers!.Value.Where(each => each != VmDecision.Finalizer)] } }, cancellationToken);
                break;
            case VmStep.CreateInstance:
                await CreateAsync(vm, cancellationToken);
                break;
            case VmStep.DeleteInstance:
                await _instances.DeleteAsync(key, new DeleteOptions { Uid = facts.Instance!.Metadata.Uid }, cancellationToken);
                _events.Normal(vm, "SuccessfulDelete", $"Stopped the virtual machine by deleting the virtual machine instance {facts.Instance.Metadata.Uid}");
                break;
        }
    }

    private async Task CreateAsync(VirtualMachine vm, CancellationToken cancellationToken)
    {
        var template = vm.Spec.Template;
        var instance = InstanceDefaults.Fill(new VirtualMachineInstance
        {
            Metadata = new ObjectMeta
            {
                Name = vm.Metadata.Name,
                Namespace = vm.Metadata.Namespace,
                Labels = template.Metadata?.Labels,
                Annotations = template.Metadata?.Annotations,
                OwnerReferences = [LauncherObject.OwnerOf(vm, nameof(VirtualMachine))],
            },
            Spec = template.Spec,
        });
        try
        {
            instance = await _instances.CreateAsync(instance, cancellationToken);
            _events.Normal(vm, "SuccessfulCreate", $"Started the virtual machine by creating the new virtual machine instance {instance.Metadata.Name}");
        }
        catch (KubeException e) when (e.IsAlreadyExists)
        {
            // Made a moment ago and not in the cache yet, or somebody else's: the informer brings it.
        }
        catch (KubeException e) when (e.IsInvalid)
        {
            _events.Warning(vm, "FailedCreate", $"Error creating virtual machine instance: {e.Detail}");
            throw;
        }
    }
}
