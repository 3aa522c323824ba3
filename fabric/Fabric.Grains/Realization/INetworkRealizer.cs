using Fabric.Resources;

namespace Fabric.Grains.Realization;

/// <summary>
/// Makes the network what the objects say. Every call may be repeated: what is right already is not written. A fault is thrown and the
/// grain comes again.
/// </summary>
public interface INetworkRealizer
{
    /// <summary>Makes the Vpc's router.</summary>
    /// <returns>The router's name, for the status.</returns>
    Task<string> ApplyAsync(Vpc vpc, CancellationToken cancellationToken);

    /// <summary>Makes the Subnet's switch and its port on the Vpc's router.</summary>
    /// <param name="subnet">With its gateway in force in the status.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The switch's name, for the status.</returns>
    Task<string> ApplyAsync(Subnet subnet, CancellationToken cancellationToken);

    /// <summary>Makes the Nic's port.</summary>
    /// <param name="nic">With addresses, MAC, port name and active node in the status.</param>
    /// <param name="subnet">The Subnet it is in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task ApplyAsync(Nic nic, Subnet subnet, CancellationToken cancellationToken);

    /// <summary>Removes what was made for the Vpc; nothing when there is nothing.</summary>
    Task RemoveVpcAsync(string vpc, CancellationToken cancellationToken);

    /// <summary>Removes what was made for the Subnet; nothing when there is nothing.</summary>
    Task RemoveSubnetAsync(string subnet, CancellationToken cancellationToken);

    /// <summary>Removes what was made for the Nic; nothing when there is nothing.</summary>
    Task RemoveNicAsync(ObjectKey nic, CancellationToken cancellationToken);
}
