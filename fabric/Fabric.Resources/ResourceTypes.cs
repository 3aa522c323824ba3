using Fabric.Resources.Core;

namespace Fabric.Resources;

/// <summary>The kinds Fabric reads and writes; KubeVirt's are in Vmnet.KubeVirt.</summary>
public static class ResourceTypes
{
    /// <summary>Routing domains.</summary>
    public static ResourceType<Vpc> Vpcs { get; } = new(
        FabricApi.Group, FabricApi.Version, nameof(Vpc), "vpcs", Namespaced: false, HasStatus: true,
        ResourceJson.Default.Vpc, ResourceJson.Default.KubeListVpc);

    /// <summary>Subnets.</summary>
    public static ResourceType<Subnet> Subnets { get; } = new(
        FabricApi.Group, FabricApi.Version, nameof(Subnet), "subnets", Namespaced: false, HasStatus: true,
        ResourceJson.Default.Subnet, ResourceJson.Default.KubeListSubnet);

    /// <summary>Network interfaces of VMs and pods.</summary>
    public static ResourceType<Nic> Nics { get; } = new(
        FabricApi.Group, FabricApi.Version, nameof(Nic), "nics", Namespaced: true, HasStatus: true,
        ResourceJson.Default.Nic, ResourceJson.Default.KubeListNic);

    /// <summary>Addresses kept for VMs and pods by name.</summary>
    public static ResourceType<StaticIP> StaticIPs { get; } = new(
        FabricApi.Group, FabricApi.Version, nameof(StaticIP), "staticips", Namespaced: true, HasStatus: true,
        ResourceJson.Default.StaticIP, ResourceJson.Default.KubeListStaticIP);

    /// <summary>Ranges of subnets set aside.</summary>
    public static ResourceType<IPPool> IPPools { get; } = new(
        FabricApi.Group, FabricApi.Version, nameof(IPPool), "ippools", Namespaced: false, HasStatus: true,
        ResourceJson.Default.IPPool, ResourceJson.Default.KubeListIPPool);

    /// <summary>Limits of Nics.</summary>
    public static ResourceType<QosPolicy> QosPolicies { get; } = new(
        FabricApi.Group, FabricApi.Version, nameof(QosPolicy), "qospolicies", Namespaced: false, HasStatus: true,
        ResourceJson.Default.QosPolicy, ResourceJson.Default.KubeListQosPolicy);

    /// <summary>Rules for what may pass to and from Nics.</summary>
    public static ResourceType<SecurityGroup> SecurityGroups { get; } = new(
        FabricApi.Group, FabricApi.Version, nameof(SecurityGroup), "securitygroups", Namespaced: true, HasStatus: true,
        ResourceJson.Default.SecurityGroup, ResourceJson.Default.KubeListSecurityGroup);

    /// <summary>Kubernetes' rules for what may pass to and from pods.</summary>
    public static ResourceType<NetworkPolicy> NetworkPolicies { get; } = new(
        NetworkPolicy.Group, "v1", nameof(NetworkPolicy), "networkpolicies", Namespaced: true, HasStatus: false,
        ResourceJson.Default.NetworkPolicy, ResourceJson.Default.KubeListNetworkPolicy);

    /// <summary>Addresses taken.</summary>
    public static ResourceType<IPClaim> IPClaims { get; } = new(
        FabricApi.Group, FabricApi.Version, nameof(IPClaim), "ipclaims", Namespaced: false, HasStatus: false,
        ResourceJson.Default.IPClaim, ResourceJson.Default.KubeListIPClaim);

    /// <summary>MAC addresses taken.</summary>
    public static ResourceType<MacClaim> MacClaims { get; } = new(
        FabricApi.Group, FabricApi.Version, nameof(MacClaim), "macclaims", Namespaced: false, HasStatus: false,
        ResourceJson.Default.MacClaim, ResourceJson.Default.KubeListMacClaim);

    /// <summary>Namespaces.</summary>
    public static ResourceType<Namespace> Namespaces { get; } = new(
        "", "v1", nameof(Namespace), "namespaces", Namespaced: false, HasStatus: true,
        ResourceJson.Default.Namespace, ResourceJson.Default.KubeListNamespace);

    /// <summary>Nodes.</summary>
    public static ResourceType<Node> Nodes { get; } = new(
        "", "v1", nameof(Node), "nodes", Namespaced: false, HasStatus: true,
        ResourceJson.Default.Node, ResourceJson.Default.KubeListNode);

    /// <summary>Pods.</summary>
    public static ResourceType<Pod> Pods { get; } = new(
        "", "v1", nameof(Pod), "pods", Namespaced: true, HasStatus: true,
        ResourceJson.Default.Pod, ResourceJson.Default.KubeListPod);

    /// <summary>Events.</summary>
    public static ResourceType<Event> Events { get; } = new(
        "", "v1", nameof(Event), "events", Namespaced: true, HasStatus: false,
        ResourceJson.Default.Event, ResourceJson.Default.KubeListEvent);

    /// <summary>Leases.</summary>
    public static ResourceType<Lease> Leases { get; } = new(
        "coordination.k8s.io", "v1", nameof(Lease), "leases", Namespaced: true, HasStatus: false,
        ResourceJson.Default.Lease, ResourceJson.Default.KubeListLease);
}
