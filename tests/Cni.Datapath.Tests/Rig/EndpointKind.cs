namespace Cni.Datapath.Tests.Rig;

/// <summary>What an endpoint of the rig ends in.</summary>
public enum EndpointKind
{
    /// <summary>A container: its sockets are behind the veth.</summary>
    Container,

    /// <summary>The same with every offload off, on the nodes' wires as well: what the kernel leaves to devices is done in software.</summary>
    WithoutOffloads,

    /// <summary>A virtual machine, behind a tap with virtio's header.</summary>
    VirtualMachine,
}
