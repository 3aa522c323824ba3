using System.Threading.Channels;
using Fabric.Grains.QosPolicies;
using Fabric.Grains.Runtime;
using Fabric.Grains.StaticIPs;
using Fabric.Grains.Subnets;
using Fabric.Grains.Workloads;
using Fabric.Kube.Informers;
using Fabric.Kube.Queues;
using Fabric.Realization;
using Fabric.Resources;
using Fabric.Server.Sharing;
using Fabric.Server.Workloads;
using Vmnet.KubeVirt;

namespace Fabric.Server.Control;

/// <summary>Which grains are to look again when an object has changed.</summary>
internal sealed class Triggers
{
    // A burst of claims changes a subnet's counts many times: they are written once.
    private static readonly TimeSpan UsageDelay = TimeSpan.FromMilliseconds(100);

    // Whoever makes a claim names it soon, and whoever goes gives it back first: what is not so after this was left behind.
    internal static readonly TimeSpan LeftoverDelay = TimeSpan.FromSeconds(1);

    private readonly Watched _watched;
    private readonly WorkQueue<WorkItem> _queue;
    private readonly ShareGate _gate;

    // Unbounded: bounded by the claims there are, and its reader only hands them to a grain in memory.
    private readonly Channel<InformerEvent<IPClaim>> _claims = Channel.CreateUnbounded<InformerEvent<IPClaim>>();

    internal Triggers(Watched watched, NorthboundRealizer northbound, WorkQueue<WorkItem> queue, ShareGate gate)
    {
        _watched = watched;
        _queue = queue;
        _gate = gate;
        northbound.UnwantedRowMade += (_, _) => AddAfter(WorkItem.UnusedRows, LeftoverDelay);
        watched.Vpcs.Subscribe(OnVpc);
        watched.Subnets.Subscribe(OnSubnet);
        watched.Nics.Subscribe(OnNic);
        watched.StaticIPs.Subscribe(OnStaticIP);
        watched.IPPools.Subscribe(OnIPPool);
        watched.QosPolicies.Subscribe(OnQosPolicy);
        watched.IPClaims.Subscribe(OnIPClaim);
        watched.MacClaims.Subscribe(OnMacClaim);
        watched.Pods.Subscribe(change => OnPod(change.Old, change.New));
        watched.VirtualMachines.Subscribe(change => Add(WorkItem.Of(change.Current)));
        watched.Instances.Subscribe(OnInstance);
    }

    /// <summary>Tells the grains of this replica's subnets of claims that others made or removed, until cancelled.</summary>
    internal async Task ObserveClaimsAsync(IGrainFactory grains, CancellationToken cancellationToken)
    {
        await foreach (var change in _claims.Reader.ReadAllAsync(cancellationToken))
        {
            if (!_gate.Share.Owns(SharingKey.Subnet(change.Current.Spec.Subnet)))
            {
                continue;
            }

            await grains.GetGrain<ISubnetGrain>(new ObjectKey(change.Current.Spec.Subnet))
                .ObserveAsync(change.Current, removed: change.New is null, cancellationToken);
        }
    }

    private void Add(WorkItem item) => AddAfter(item, TimeSpan.Zero);

    private void AddAfter(WorkItem item, TimeSpan delay)
    {
        if (!_gate.HasNoShare)
        {
            _queue.AddAfter(item, delay);
        }
    }

    private void OnVpc(InformerEvent<Vpc> change)
    {
        var name = change.Current.Metadata.Name!;
        Add(WorkItem.Vpc(name));
        if (change.Old is null || change.New is null || change.Old.Spec != change.New.Spec)
        {
            foreach (var subnet in _watched.SubnetsOfVpc.Find(name))
            {
                Add(WorkItem.Of(subnet));
                AddWaitingNics(subnet.Metadata.Name!);
            }
        }
    }

    private void OnSubnet(InformerEvent<Subnet> change)
    {
        var name = change.Current.Metadata.Name!;
        Add(WorkItem.Subnet(name));
        if (_gate.HasNoShare)
        {
            return;
        }

        if (change.Old is null || change.New is null || IsChosenOtherwise(change.Old.Spec, change.New.Spec))
        {
            Add(WorkItem.Vpc(change.Current.Spec.Vpc));
            // A workload that found no subnet may find one now.
            foreach (var workload in _watched.Workloads())
            {
                Add(workload);
            }

            AddOtherSubnets(change.Current);
        }

        AddQosPolicies(change.Old?.Spec.QosPolicy, change.New?.Spec.QosPolicy);
        AddQosPolicies(change.Old?.Spec.SumQosPolicy, change.New?.Spec.SumQosPolicy);
        // Not when its spec has changed, but when the Subnet has looked at that: asked before, it answers as it was.
        if (HowFar(change.Old) != HowFar(change.New))
        {
            foreach (var kept in _watched.StaticIPsOfSubnet.Find(name))
            {
                Add(WorkItem.Of(kept));
            }

            AddIPPools(name, TimeSpan.Zero);
            foreach (var nic in _watched.NicsOfSubnet.Find(name))
            {
                Add(WorkItem.Of(nic));
            }
        }
    }

    private void OnStaticIP(InformerEvent<StaticIP> change)
    {
        Add(WorkItem.Of(change.Current));
        if (change.Old?.Spec == change.New?.Spec && change.Old?.Status?.Reserved == change.New?.Status?.Reserved)
        {
            return;
        }

        // The Nics it is for may move to it, and those it was for need no longer.
        foreach (var nic in _watched.NicsOfSubnet.Find(change.Current.Spec.Subnet))
        {
            if (StaticIPRules.IsFor(change.Current, nic) || (change.Old is { } old && StaticIPRules.IsFor(old, nic)))
            {
                Add(WorkItem.Of(nic));
            }
        }
    }

    private void OnIPPool(InformerEvent<IPPool> change)
    {
        if (change.Old?.Spec == change.New?.Spec && change.New?.Metadata.IsDeleting == change.Old?.Metadata.IsDeleting)
        {
            return;
        }

        Add(WorkItem.Subnet(change.Current.Spec.Subnet));
        Add(WorkItem.Of(change.Current));
        // One that overlapped this one may be used now.
        AddIPPools(change.Current.Spec.Subnet, TimeSpan.Zero);
        AddWaitingNics(change.Current.Spec.Subnet);
    }

    private void OnQosPolicy(InformerEvent<QosPolicy> change)
    {
        Add(WorkItem.Of(change.Current));
        // One that is being deleted selects nobody any more, and goes when those have seen it.
        if (change.Old is null || change.New is null || change.Old.Spec != change.New.Spec || change.Old.Metadata.IsDeleting != change.New.Metadata.IsDeleting)
        {
            var name = change.Current.Metadata.Name!;
            var ofSums = _watched.SubnetsOfQosPolicy.Find(name).Where(subnet => subnet.Spec.SumQosPolicy == name).SelectMany(subnet => _watched.NicsOfSubnet.Find(subnet.Metadata.Name!));
            foreach (var nic in _watched.NicsOfQosPolicy.Find(name).Concat(SelectedBy(change.Old, change.New)).Concat(ofSums))
            {
                Add(WorkItem.Of(nic));
            }
        }
    }

    /// <summary>The Nics that a policy selects, or did before; those it limits already know it by its name.</summary>
    private IEnumerable<Nic> SelectedBy(params QosPolicy?[] versions)
    {
        QosPolicySpec[] selecting = [.. versions.OfType<QosPolicy>().Select(policy => policy.Spec).Where(spec => spec.Selector is not null || !spec.Namespaces.IsEmpty)];
        return selecting.Length == 0 ? [] : _watched.Nics.List().Where(nic => selecting.Any(spec => QosDecision.Selects(spec, nic)));
    }

    private void OnNic(InformerEvent<Nic> change)
    {
        Add(WorkItem.Of(change.Current));
        AddQosPolicies(change.Old?.Status?.QosPolicy, change.New?.Status?.QosPolicy);
        if ((change.New is null || change.New.Metadata.IsDeleting || change.Old?.Spec != change.New.Spec || IsNewlyRefused(change.Old, change.New))
            && WorkItem.WorkloadOf(change.Current) is { } workload)
        {
            // Somebody changed or deleted it by hand, or it is gone and its workload is still there, or the workload is to say why.
            Add(workload);
        }

        if (change.New is null)
        {
            AddAfter(WorkItem.UnusedAddresses(change.Current.Spec.Subnet), LeftoverDelay);
            if (_watched.Subnets.Get(new ObjectKey(change.Current.Spec.Subnet)) is { } subnet)
            {
                AddAfter(WorkItem.UnusedMacs(subnet.Spec.Vpc), LeftoverDelay);
            }
        }
    }

    private void OnIPClaim(InformerEvent<IPClaim> change)
    {
        if (change.Old?.Spec == change.New?.Spec)
        {
            return;
        }

        _claims.Writer.TryWrite(change);
        var subnet = change.Current.Spec.Subnet;
        AddAfter(WorkItem.Subnet(subnet), UsageDelay);
        if (change.New is { } taken)
        {
            AddAfter(WorkItem.Of(taken), LeftoverDelay);
        }

        AddIPPools(subnet, UsageDelay);
        AddKeepers(change.Old?.Spec.Reservation, change.New?.Spec.Reservation);
        foreach (var allowed in _watched.NicsAllowed.Find(change.Current.Metadata.Name!))
        {
            Add(WorkItem.Of(allowed));
        }

        // What was given back may be what others wait for, and the Nic whose claim went by force makes it anew.
        if (change.Old?.Spec.Owner is { } owner && change.New?.Spec.Owner != owner || change.New is null)
        {
            AddWaitingNics(subnet);
            AddWaitingStaticIPs(subnet);
            if (_watched.NicOf(change.Old?.Spec.Owner) is { } nic)
            {
                Add(WorkItem.Of(nic));
            }
        }
    }

    private void OnMacClaim(InformerEvent<MacClaim> change)
    {
        if (change.Old?.Spec == change.New?.Spec)
        {
            return;
        }

        AddKeepers(change.Old?.Spec.Reservation, change.New?.Spec.Reservation);
        if (change.New is { } taken)
        {
            AddAfter(WorkItem.Of(taken), LeftoverDelay);
        }

        if (change.New is null || (change.Old?.Spec.Owner is { } owner && change.New.Spec.Owner != owner))
        {
            foreach (var subnet in _watched.SubnetsOfVpc.Find(change.Current.Spec.Vpc))
            {
                AddWaitingNics(subnet.Metadata.Name!);
                AddWaitingStaticIPs(subnet.Metadata.Name!);
            }

            if (_watched.NicOf(change.Old?.Spec.Owner) is { } nic)
            {
                Add(WorkItem.Of(nic));
            }
        }
    }

    private void OnPod(Resources.Core.Pod? old, Resources.Core.Pod? @new)
    {
        var pod = @new ?? old!;
        if (WorkloadReader.IsWorkload(pod))
        {
            Add(WorkItem.Of(pod));
        }

        if (@new is null)
        {
            foreach (var nic in _watched.NicsOfPod.Find(pod.Metadata.Uid!))
            {
                Add(WorkItem.Of(nic));
            }
        }

        // A Nic that is attached nowhere is meant for the node to which its pod is scheduled.
        if (PlaceOf(old) == PlaceOf(@new))
        {
            return;
        }

        if (LauncherPod.Identify(pod) is { } vm)
        {
            AddNicsOfVm(new ObjectKey(vm.Namespace, vm.Name));
        }
        else
        {
            AddNicsOf(NicOwnerKind.Pod, ResourceTypes.Pods.KeyOf(pod));
        }
    }

    private void AddNicsOfVm(ObjectKey instance)
    {
        AddNicsOf(NicOwnerKind.VirtualMachine, instance);
        AddNicsOf(NicOwnerKind.VirtualMachineInstance, instance);
    }

    private void AddNicsOf(NicOwnerKind kind, ObjectKey workload)
    {
        foreach (var nic in _watched.NicsOfWorkload.Find(Watched.WorkloadKey(kind, workload.Namespace!, workload.Name)))
        {
            Add(WorkItem.Of(nic));
        }
    }

    private void OnInstance(InformerEvent<VirtualMachineInstance> change)
    {
        if (WorkloadReader.IsWorkload(change.Current))
        {
            Add(WorkItem.Of(change.Current));
        }

        if (change.Old is null || HowFar(change.Old) != HowFar(change.New))
        {
            // Its launcher may have been seen before it; and where its Nics live follows from its migration.
            AddNicsOfVm(KubeVirtTypes.Instances.KeyOf(change.Current));
        }
    }

    /// <summary>Nics that were refused something may be granted it now.</summary>
    private void AddWaitingNics(string subnet)
    {
        foreach (var nic in _watched.WaitingNicsOfSubnet.Find(subnet))
        {
            Add(WorkItem.Of(nic));
        }
    }

    /// <summary>StaticIPs that could not keep something may keep it now.</summary>
    private void AddWaitingStaticIPs(string subnet)
    {
        foreach (var kept in _watched.StaticIPsOfSubnet.Find(subnet).Where(kept => kept.Status?.Conditions.Find(Condition.Ready) is not { IsTrue: true }))
        {
            Add(WorkItem.Of(kept));
        }
    }

    /// <summary>Who uses what a StaticIP keeps is in its status.</summary>
    private void AddKeepers(params ReadOnlySpan<ClaimOwner?> keepers)
    {
        foreach (var keeper in keepers)
        {
            if (_watched.StaticIPOf(keeper) is { } kept)
            {
                Add(WorkItem.Of(kept));
            }
        }
    }

    private void AddIPPools(string subnet, TimeSpan delay)
    {
        foreach (var pool in _watched.IPPoolsOfSubnet.Find(subnet))
        {
            AddAfter(WorkItem.Of(pool), delay);
        }
    }

    /// <summary>How many name a policy is in its status.</summary>
    private void AddQosPolicies(string? before, string? after)
    {
        if (before == after)
        {
            return;
        }

        foreach (var policy in new[] { before, after }.OfType<string>())
        {
            AddAfter(WorkItem.QosPolicy(policy), UsageDelay);
        }
    }

    /// <summary>A subnet that overlapped one that is gone may be realized now.</summary>
    private void AddOtherSubnets(Subnet changed)
    {
        foreach (var subnet in _watched.SubnetsOfVpc.Find(changed.Spec.Vpc).Where(subnet => !IsReady(subnet)))
        {
            Add(WorkItem.Of(subnet));
        }
    }

    private static bool IsNewlyRefused(Nic? old, Nic nic) => NicRefused.Of(nic) is { } refused && (old is null || NicRefused.Of(old) != refused);

    private static bool IsChosenOtherwise(SubnetSpec old, SubnetSpec spec) => old.Default != spec.Default || old.DefaultFor != spec.DefaultFor;

    private static string? PlaceOf(Resources.Core.Pod? pod) => pod is null || pod.IsFinished || pod.Metadata.IsDeleting ? null : pod.Spec?.NodeName;

    private static (string?, string?, bool?, bool?) HowFar(VirtualMachineInstance? instance) =>
        instance?.Status?.MigrationState is { } state ? (state.MigrationUid, state.SourcePod, state.Completed, state.Failed) : default;

    private static (bool IsThere, long? LookedAt, bool IsReady) HowFar(Subnet? subnet) => (subnet is not null, subnet?.Status?.ObservedGeneration, IsReady(subnet));

    private static bool IsReady(Subnet? subnet) => subnet?.Status?.Conditions.Find(Condition.Ready) is { IsTrue: true };
}
