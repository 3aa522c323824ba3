namespace Bpf.FastPath.Endpoints;

/// <summary>The two devices of an endpoint on its node, by their ifindex in the node's namespace.</summary>
/// <param name="HostIndex">The host end of the pod's veth.</param>
/// <param name="OvsIndex">The internal port of Open vSwitch that carries the iface-id.</param>
public readonly record struct EndpointDevices(int HostIndex, int OvsIndex);
