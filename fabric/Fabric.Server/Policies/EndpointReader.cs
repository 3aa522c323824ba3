using Fabric.Policy.Model;
using Fabric.Primitives;
using Fabric.Resources;
using Fabric.Resources.Core;

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
    /// <param name="pod">Its pod, if it is one's.</param>
    public static PolicyEndpoint Read(Nic nic, string vpc, Namespace? ns, Pod? pod)
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
            NamedPorts = pod is not null && pod.Metadata.Uid == nic.Spec.Owner.Uid ? PortsOf(pod) : [],
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

    /// <summary>The ports of a pod that have names, in order.</summary>
    public static EquatableArray<NamedPort> PortsOf(Pod pod) =>
    [
        .. from container in pod.Spec?.Containers ?? []
           from port in container.Ports ?? []
           where port.Name is { Length: > 0 }
           let protocol = port.Protocol switch
           {
               null or "" or "TCP" => SecurityProtocol.TCP,
               "UDP" => SecurityProtocol.UDP,
               "SCTP" => SecurityProtocol.SCTP,
               _ => (SecurityProtocol?)null,
           }
           where protocol is not null
           select new NamedPort(port.Name!, protocol.Value, port.Number),
    ];
}
