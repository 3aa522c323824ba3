using Fabric.Kube.Informers;
using Fabric.Kube.Queues;
using Fabric.Policy.Model;
using Fabric.Realization;
using Fabric.Resources;
using Fabric.Resources.Core;
using Fabric.Server.Control;
using Fabric.Server.Sharing;

namespace Fabric.Server.Policies;

/// <summary>What is looked at again when policies change, or those whom they speak of.</summary>
internal sealed class PolicyTriggers
{
    // Many Nics may come and go at once: they are counted once.
    private static readonly TimeSpan CountDelay = TimeSpan.FromMilliseconds(100);

    private readonly Watched _watched;
    private readonly PolicyBook _book;
    private readonly NorthboundRealizer _northbound;
    private readonly WorkQueue<WorkItem> _queue;
    private readonly ShareGate _gate;
    private readonly Lock _lock = new();
    private HashSet<string> _knownPeers = [];

    /// <summary>After the book has subscribed: it knows of a change when this hears of it.</summary>
    internal PolicyTriggers(Watched watched, PolicyBook book, NorthboundRealizer northbound, WorkQueue<WorkItem> queue, ShareGate gate)
    {
        (_watched, _book, _northbound, _queue, _gate) = (watched, book, northbound, queue, gate);
        watched.SecurityGroups.Subscribe(OnSecurityGroup);
        watched.NetworkPolicies.Subscribe(OnNetworkPolicy);
        watched.Namespaces.Subscribe(OnNamespace);
        watched.Nics.Subscribe(OnNic);
        watched.Pods.Subscribe(change => OnOwner(NicOwnerKind.Pod, change.Old, change.New));
        watched.VirtualMachines.Subscribe(change => OnOwner(NicOwnerKind.VirtualMachine, change.Old, change.New));
        watched.Instances.Subscribe(change => OnOwner(NicOwnerKind.VirtualMachineInstance, change.Old, change.New));
        watched.Subnets.Subscribe(OnSubnet);
    }

    private void OnSecurityGroup(InformerEvent<SecurityGroup> change)
    {
        var key = ResourceTypes.SecurityGroups.KeyOf(change.Current);
        Add(WorkItem.SecurityGroup(key), TimeSpan.Zero);
        if (change.Old?.Spec == change.New?.Spec)
        {
            return;
        }

        PoliciesChanged(key.Namespace!);
        if (change.Old is null || change.New is null)
        {
            // Those that name it say whether it is there.
            foreach (var nic in _watched.NicsOfNamespace.Find(key.Namespace!).Where(nic => nic.Spec.SecurityGroups.Contains(key.Name)))
            {
                Add(WorkItem.Of(nic), TimeSpan.Zero);
            }
        }
    }

    private void OnNetworkPolicy(InformerEvent<NetworkPolicy> change)
    {
        if (change.Old?.Spec != change.New?.Spec)
        {
            PoliciesChanged(change.Current.Metadata.Namespace!);
        }
    }

    private void OnNamespace(InformerEvent<Namespace> change)
    {
        if (change.Old?.Metadata.Labels != change.New?.Metadata.Labels && !_book.IsEmpty)
        {
            _northbound.Reconsider(_watched.NicsOfNamespace.Find(change.Current.Metadata.Name!).Select(ResourceTypes.Nics.KeyOf));
        }
    }

    private void OnNic(InformerEvent<Nic> change)
    {
        var (old, nic) = (change.Old, change.New);
        if (old is not null && nic is not null && (old.Metadata.Labels ?? []) == (nic.Metadata.Labels ?? []) && old.Spec.SecurityGroups == nic.Spec.SecurityGroups)
        {
            return;
        }

        NicChanged(change.Current);
    }

    /// <summary>Which ports it has names for may have changed.</summary>
    private void OnOwner(NicOwnerKind kind, IKubeObject? old, IKubeObject? owner)
    {
        if (EndpointReader.PortsOf(old) == EndpointReader.PortsOf(owner) || _book.IsEmpty)
        {
            return;
        }

        PeersChanged();
        var meta = (owner ?? old)!.Metadata;
        foreach (var nic in _watched.NicsOfWorkload.Find(Watched.WorkloadKey(kind, meta.Namespace!, meta.Name!)))
        {
            NicChanged(nic);
        }

        Add(WorkItem.Policies, TimeSpan.Zero);
    }

    private void OnSubnet(InformerEvent<Subnet> change)
    {
        // A Nic may be known before its Subnet, which says in which Vpc it is.
        if ((change.Old is null || change.New is null) && !_book.IsEmpty)
        {
            _northbound.Reconsider(_watched.NicsOfSubnet.Find(change.Current.Metadata.Name!).Select(ResourceTypes.Nics.KeyOf));
            Add(WorkItem.Policies, TimeSpan.Zero);
        }
    }

    private void NicChanged(Nic nic)
    {
        if (_book.IsEmpty)
        {
            return;
        }

        _northbound.Reconsider([ResourceTypes.Nics.KeyOf(nic)]);
        var ns = nic.Metadata.Namespace!;
        // Where a policy is for a Vpc's first Nic, the Nic waits for it.
        Add(WorkItem.Policies, TimeSpan.Zero);
        foreach (var policy in _book.Policies.Where(policy => policy.Id.Kind == PolicyKind.SecurityGroup && policy.Id.Key.Namespace == ns))
        {
            Add(WorkItem.SecurityGroup(policy.Id.Key), CountDelay);
        }
    }

    private void PoliciesChanged(string ns)
    {
        // The groups first, full from their first moment: then nobody is without those whom rules allow.
        Add(WorkItem.Policies, TimeSpan.Zero);
        _northbound.Reconsider(_watched.NicsOfNamespace.Find(ns).Select(ResourceTypes.Nics.KeyOf));
        PeersChanged();
    }

    /// <summary>A group that rules did not speak of for a while may be there still, without those who came meanwhile.</summary>
    private void PeersChanged()
    {
        lock (_lock)
        {
            var peers = _book.Peers.ToList();
            _northbound.Reconsider(_book.NicsOf(peers.Where(each => !_knownPeers.Contains(each.Key))));
            _knownPeers = [.. peers.Select(each => each.Key)];
        }
    }

    private void Add(WorkItem item, TimeSpan delay)
    {
        if (!_gate.HasNoShare)
        {
            _queue.AddAfter(item, delay);
        }
    }
}
