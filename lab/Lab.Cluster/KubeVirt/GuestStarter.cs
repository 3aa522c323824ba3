using Fabric.Kube;
using Fabric.Kube.Events;
using Fabric.Primitives;
using Fabric.Resources.Core;
using Lab.Cluster.Bindings;
using Lab.Cluster.Guests;
using Lab.Cluster.Reconciling;
using Lab.Cluster.Sandboxes;
using Vmnet.KubeVirt;

namespace Lab.Cluster.KubeVirt;

/// <summary>Puts a guest into its launcher, and lets the launcher end with it.</summary>
internal sealed class GuestStarter(KubeClient client, IReadOnlyDictionary<string, ISandboxes> nodes, IBindings bindings, IGuests guests, EventRecorder events)
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);

    private readonly KubeResource<VirtualMachineInstance> _instances = client.Resource(KubeVirtTypes.Instances);

    /// <summary>Binds the interfaces, reports them, and starts the guest. May be done again after any part of it.</summary>
    public Task StartAsync(VirtualMachineInstance instance, Pod pod, CancellationToken cancellationToken) => StartAsync(instance, pod, from: null, cancellationToken);

    /// <summary>Binds the interfaces in the target of a migration and has a guest wait there for the one in the source.</summary>
    public Task PrepareAsync(VirtualMachineInstance instance, Pod target, Pod source, CancellationToken cancellationToken) =>
        StartAsync(instance, target, source.Metadata.Uid, cancellationToken);

    private async Task StartAsync(VirtualMachineInstance instance, Pod pod, string? from, CancellationToken cancellationToken)
    {
        try
        {
            var launcher = await FindAsync(pod, cancellationToken) ?? throw new GuestException($"the container {LauncherObject.Container} of {pod.Metadata.Name} is not running any more");
            await launcher.Node.ExecAsync(launcher.ContainerId, LauncherObject.Hold, cancellationToken);
            var faces = VmInterfaces.Of(instance.Spec);
            var nics = new List<GuestNic>();
            foreach (var face in faces)
                nics.Add(await bindings.BindAsync(launcher, face, PortsOf(instance, face), cancellationToken));
            if (from is null)
                await ReportAsync(instance, pod, [.. faces.Zip(nics, (face, nic) => new VmInterfaceStatus { Name = face.Name, Mac = nic.Mac.ToString(), InfoSource = "domain" })], cancellationToken);
            await guests.StartAsync(
                new GuestWish
                {
                    Uid = pod.Metadata.Uid!,
                    From = from,
                    Key = KubeVirtTypes.Instances.KeyOf(instance),
                    Hostname = instance.Spec.Hostname ?? instance.Metadata.Name!,
                    NetworkNamespace = launcher.NetworkNamespace,
                    Nics = [.. nics],
                    MemoryMiB = GuestMemory.GivenMiB(instance.Spec),
                },
                cancellationToken);
        }
        catch (Exception e) when (e is GuestException or SandboxException)
        {
            events.Warning(instance, "SyncFailed", $"The guest could not be started: {e.Message}");
            throw;
        }
    }

    /// <summary>Lets the launcher's container end as the guest did.</summary>
    /// <returns>When to look whether it has.</returns>
    public async Task<TimeSpan?> EndLauncherAsync(Pod pod, bool succeeded, CancellationToken cancellationToken)
    {
        if (await FindAsync(pod, cancellationToken) is not { } launcher)
            return LookAgain;
        try
        {
            await launcher.Node.ExecAsync(launcher.ContainerId, LauncherObject.End(succeeded), cancellationToken);
        }
        catch (SandboxException)
        {
            // It may have ended in this instant.
            if (await FindAsync(pod, cancellationToken) is not null)
                throw;
        }
        return LookAgain;
    }

    private async Task ReportAsync(VirtualMachineInstance instance, Pod pod, EquatableArray<VmInterfaceStatus> interfaces, CancellationToken cancellationToken)
    {
        // Before the guest starts, because afterwards nobody but the guest's process knows its addresses.
        if (pod.Status?.PodIP is { } address)
            interfaces = [.. interfaces.Select(each => each with { IpAddress = address, IpAddresses = [.. (pod.Status.PodIPs ?? [new PodAddress(address)]).Select(one => one.Ip)] })];
        var status = instance.Status! with { Interfaces = interfaces };
        if (!JsonSame.AsJson(instance.Status, status, KubeVirtJson.Default.VirtualMachineInstanceStatus))
            await _instances.UpdateAsync(instance with { Status = status }, cancellationToken);
    }

    private async Task<Launcher?> FindAsync(Pod pod, CancellationToken cancellationToken)
    {
        if (!nodes.TryGetValue(pod.Spec?.NodeName ?? "", out var node))
            return null;
        var sandbox = (await node.ListAsync(cancellationToken)).FirstOrDefault(each => each.Pod.Uid == pod.Metadata.Uid && each.IsReady);
        var container = sandbox?.Containers.FirstOrDefault(each => each is { Name: LauncherObject.Container, Phase: ContainerPhase.Running });
        return sandbox?.NetworkNamespace is { } path && container is not null ? new Launcher(path, node, container.Id) : null;
    }

    private static EquatableArray<VmPort> PortsOf(VirtualMachineInstance instance, VmNic nic) =>
        instance.Spec.Domain?.Devices?.Interfaces?.FirstOrDefault(each => each.Name == nic.Name)?.Ports ?? [];
}
