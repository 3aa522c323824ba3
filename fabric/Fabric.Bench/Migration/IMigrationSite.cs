using System.Net;

namespace Fabric.Bench.Migration;

/// <summary>How a VM's traffic follows it.</summary>
public enum MigrationWay
{
    /// <summary>Fabric's: the target's node keeps what is sent to the VM meanwhile.</summary>
    Hold,

    /// <summary>OVN's activation strategy of that name (ovn-nb(5)), and nothing of Fabric's data plane beside it.</summary>
    Rarp,
}

/// <summary>What is measured: a VM that moves between two of three nodes, with an echo and three TCP services, and a pod on each node.</summary>
public interface IMigrationSite : IAsyncDisposable
{
    /// <summary>The paths of the pods' network namespaces: on the two nodes that the VM moves between, and on the third.</summary>
    IReadOnlyList<string> Peers { get; }

    /// <summary>Where the guest echoes datagrams.</summary>
    IPEndPoint Echo { get; }

    /// <summary>Where it sends back what it reads of a connection.</summary>
    IPEndPoint Answers { get; }

    /// <summary>Where it reads all it is sent.</summary>
    IPEndPoint Sink { get; }

    /// <summary>Where it sends all it can.</summary>
    IPEndPoint Source { get; }

    /// <summary>Chooses how the next migrations go.</summary>
    Task UseAsync(MigrationWay way, CancellationToken cancellationToken);

    /// <summary>Moves the VM to the other node, and returns when every node has followed.</summary>
    /// <exception cref="BenchException">It did not move.</exception>
    Task<Moved> MoveAsync(CancellationToken cancellationToken);

    /// <summary>What the guest's kernel has counted since it booted.</summary>
    Task<GuestCounters> CountersAsync(CancellationToken cancellationToken);
}

/// <summary>Counters of the guest's kernel.</summary>
/// <param name="Retransmitted">TCP segments that it sent again (RFC 4022, tcpRetransSegs).</param>
/// <param name="Undelivered">Datagrams that came to it and that its program's socket had no room for, or were broken (RFC 4113, udpInErrors).</param>
public sealed record GuestCounters(long Retransmitted, long Undelivered);

/// <summary>When what happened in a migration, as <see cref="System.Diagnostics.Stopwatch.GetTimestamp"/> tells the time.</summary>
/// <param name="Left">The guest's last packet at its tap on the node it left.</param>
/// <param name="Spoke">The first frame at its tap on the other: QEMU's RARP.</param>
/// <param name="Came">The guest's first packet there.</param>
/// <param name="Followed">Every node's ovn-controller had installed that the port is there alone.</param>
/// <param name="Activation">From its first frame until the gate had delivered what it kept; null where there was no gate.</param>
public sealed record Moved(long Left, long Spoke, long Came, long Followed, TimeSpan? Activation);
