using Fabric.Policy.Model;
using Fabric.Primitives;
using Fabric.Resources;
using Fabric.Resources.Core;
using Fabric.Server.Workloads;
using Vmnet.KubeVirt;

namespace Fabric.Server.Policies;

/// <summary>Reads a Nic as policies look at it.</summary>
public static class EndpointReader
{
    // Every cluster's API sets it (Kubernetes 1.21), and most policies choose namespaces by it.
    private const string NamespaceName = "kubernetes.io/metadata.name";

    // KubeVirt gives them to a VM's launcher, whatever the template says, and policies choose VMs by them.
    private const string VmName = "vm.kubevirt.io/name";
    private const string Launcher = "kubevirt.io";

    private const int LongestLabel = 63;

    /// <summary>The Nic.</summary>
    /// <param name="nic">The object.</param>
    /// <param name="vpc">Its Vpc.</param>
    /// <param name="ns">Its namespace, if it is known.</param>
    /// <param name="owner">The pod, VM or instance of the name that its owner has, if there is one.</param>
    public static PolicyEndpoint Read(Nic nic, string vpc, Namespace? ns, IKubeObject? owner)
    {
        var name = nic.Metadata.Namespace!;
        return new()
        {
            Nic = new(name, nic.Metadata.Name!),
            Vpc = vpc,
            Labels = LabelsOf(nic),
            NamespaceLabels = (ns?.Metadata.Labels ?? []).With(NamespaceName, name),
            SecurityGroups = nic.Spec.SecurityGroups,
            Addresses = [.. (nic.Status?.Addresses ?? []).Select(address => address.Address)],
            NamedPorts = owner?.Metadata.Uid == nic.Spec.Owner.Uid ? PortsOf(owner, nic.Spec.Interface) : [],
        };
    }

    /// <summary>Its workload's, and for a VM those that KubeVirt gives to the launcher.</summary>
    private static EquatableMap<string, string> LabelsOf(Nic nic)
    {
        var labels = nic.Metadata.Labels ?? [];
        return nic.Spec.Owner is { Kind: NicOwnerKind.VirtualMachine or NicOwnerKind.VirtualMachineInstance, Name.Length: <= LongestLabel } owner
            ? labels.With(VmName, owner.Name).With(Launcher, "virt-launcher")
            : labels;
    }

    /// <summary>
    /// The ports that have names, in order: those of a pod's containers, and those that a VM's template says of its interfaces. KubeVirt
    /// gives them to the launcher's containers, where policies find them on other networks.
    /// </summary>
    /// <param name="owner">A pod, VM or instance, or null; none but a workload of its own has Nics, and ports.</param>
    /// <param name="face">The interface of a VM whose ports are meant; all when null.</param>
    public static EquatableArray<NamedPort> PortsOf(IKubeObject? owner, string? face = null) => owner switch
    {
        Pod pod when WorkloadReader.IsWorkload(pod) =>
        [
            .. from container in (pod.Spec?.InitContainers ?? []).Where(each => each.RestartPolicy == "Always").Concat(pod.Spec?.Containers ?? [])
               from port in container.Ports ?? []
               select Named(port.Name, port.Protocol, port.Number) into named
               where named is not null
               select named.Value,
        ],
        VirtualMachine vm => PortsOf(vm.Spec.Template.Spec, face),
        VirtualMachineInstance instance when WorkloadReader.IsWorkload(instance) => PortsOf(instance.Spec, face),
        _ => [],
    };

    private static EquatableArray<NamedPort> PortsOf(VirtualMachineInstanceSpec vm, string? face) =>
    [
        .. from each in vm.Domain?.Devices?.Interfaces ?? []
           where face is null || each.Name == face
           from port in each.Ports ?? []
           select Named(port.Name, port.Protocol, port.Port) into named
           where named is not null
           select named.Value,
    ];

    private static NamedPort? Named(string? name, string? protocol, int number) => (name, protocol) switch
    {
        (null or "", _) => null,
        (_, null or "" or "TCP") => new(name, SecurityProtocol.TCP, number),
        (_, "UDP") => new(name, SecurityProtocol.UDP, number),
        (_, "SCTP") => new(name, SecurityProtocol.SCTP, number),
        _ => null,
    };
}
