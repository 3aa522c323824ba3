namespace Cni.Agent.Attaching;

/// <summary>Why this node cannot attach pods at the moment.</summary>
/// <param name="Message">What stands in the way, for people.</param>
/// <param name="CutsOff">Endpoints that are plugged in may be cut off, too.</param>
internal sealed record NodeFault(string Message, bool CutsOff);

/// <summary>Whether this node can attach pods at the moment.</summary>
internal interface INodeHealth
{
    /// <returns>Null when it can.</returns>
    Task<NodeFault?> FaultAsync(CancellationToken cancellationToken);
}
