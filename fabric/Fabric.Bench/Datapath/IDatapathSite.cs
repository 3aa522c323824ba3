using System.Net;

namespace Fabric.Bench.Datapath;

/// <summary>The two ends of a path.</summary>
/// <param name="Client">The path of the network namespace of the end that asks.</param>
/// <param name="Server">The same of the end that answers.</param>
/// <param name="Address">The answering end's address.</param>
public sealed record PathEnds(string Client, string Server, IPAddress Address);

/// <summary>What is measured: two nodes with the overlay, and the paths it is compared to, all on this machine.</summary>
public interface IDatapathSite : IAsyncDisposable
{
    /// <summary>Two namespaces joined by a veth pair.</summary>
    PathEnds Veth { get; }

    /// <summary>Two namespaces on one Linux bridge.</summary>
    PathEnds Bridge { get; }

    /// <summary>Two hosts on a wire.</summary>
    PathEnds Hosts { get; }

    /// <summary>Two pods on bridges that the hosts join by the kernel's VXLAN.</summary>
    PathEnds Vxlan { get; }

    /// <summary>Two pods that the hosts route to, without an overlay.</summary>
    PathEnds Routed { get; }

    /// <summary>Two pods of the overlay on one node.</summary>
    PathEnds SameNode { get; }

    /// <summary>Two pods of the overlay on two nodes.</summary>
    PathEnds CrossNode { get; }

    /// <summary>Has established flows of the overlay pass Open vSwitch by, or not.</summary>
    Task SetFastPathAsync(bool on, CancellationToken cancellationToken);
}
