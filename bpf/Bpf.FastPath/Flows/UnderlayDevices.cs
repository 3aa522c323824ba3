namespace Bpf.FastPath.Flows;

/// <summary>The devices by which a node's tunnels reach the others, by their ifindex in the node's namespace.</summary>
/// <param name="NicIndex">The NIC.</param>
/// <param name="PortIndex">The internal port of Open vSwitch that is joined to the NIC.</param>
public readonly record struct UnderlayDevices(int NicIndex, int PortIndex);
