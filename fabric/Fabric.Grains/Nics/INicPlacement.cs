using Fabric.Resources;

namespace Fabric.Grains.Nics;

/// <summary>
/// Where the workload of a Nic is to run. Its node makes the port ready before the container runtime asks for it, and OVN installs
/// it only on the node that it is meant for.
/// </summary>
public interface INicPlacement
{
    /// <returns>The node of the pod that is scheduled and has not ended, or null while there is none.</returns>
    string? NodeFor(Nic nic);

    /// <returns>What is known of the VM that the Nic belongs to, or null when it is no VM's or nothing is.</returns>
    VmPlace? PlaceOf(Nic nic) => null;
}

/// <summary>Nothing is known of pods before they are attached.</summary>
internal sealed class NoPlacement : INicPlacement
{
    public string? NodeFor(Nic nic) => null;
}
