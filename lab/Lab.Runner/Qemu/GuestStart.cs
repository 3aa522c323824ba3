using Lab.Runner.Guest;

namespace Lab.Runner.Qemu;

/// <summary>A guest to start.</summary>
public sealed record GuestStart
{
    /// <summary>What it is, for people and in the ledger.</summary>
    public required string Name { get; init; }

    /// <summary>The guest's own host name.</summary>
    public required string Hostname { get; init; }

    /// <summary>An own folder for sockets and logs; its path is short, because sockets are in it.</summary>
    public required string Folder { get; init; }

    /// <summary>The network namespace its taps are in, as a path.</summary>
    public required string NetworkNamespace { get; init; }

    /// <summary>Its interfaces, in order: the first is <c>eth0</c> in the guest.</summary>
    public required IReadOnlyList<GuestNic> Nics { get; init; }

    /// <summary>Memory in MiB; the lab's guest needs 96.</summary>
    public required int MemoryMiB { get; init; }

    /// <summary>What it boots.</summary>
    public required GuestImage Image { get; init; }

    /// <summary>It does not boot: it takes over from a guest that runs elsewhere, which has the same hardware.</summary>
    public bool IsIncoming { get; init; }
}

/// <summary>An interface of a guest.</summary>
/// <param name="Tap">The tap device in the namespace; it exists already.</param>
/// <param name="MacAddress">The MAC address the guest sees.</param>
/// <param name="StaticIpv6">The IPv6 address it gives itself; null to ask for one by DHCPv6 where a router advertises itself.</param>
public sealed record GuestNic(string Tap, string MacAddress, GuestIpv6? StaticIpv6 = null);

/// <summary>How a guest speaks IPv6 that nobody on the network tells.</summary>
/// <param name="Address">Its address with prefix length.</param>
/// <param name="Gateway">Its default router.</param>
public sealed record GuestIpv6(string Address, string Gateway);
