using Fabric.Primitives;
using Fabric.Resources;
using Lab.Runner.Qemu;

namespace Lab.Cluster.Guests;

/// <summary>The virtual machines that run on this machine. A guest outlives the process that started it and is found again by the next.</summary>
public interface IGuests
{
    /// <summary>All guests that run, or have ended and were not forgotten.</summary>
    Task<IReadOnlyList<Guest>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Starts a guest; one of this uid that runs already is left alone.</summary>
    /// <exception cref="GuestException">It could not be started; nothing of it is left.</exception>
    Task StartAsync(GuestWish wish, CancellationToken cancellationToken);

    /// <summary>Presses the guest's power button. A guest that has ended is no error; whether it reacts is its own affair.</summary>
    Task PowerDownAsync(string uid, CancellationToken cancellationToken);

    /// <summary>Ends the guest at once and forgets it. A guest that is not there is no error.</summary>
    Task KillAsync(string uid, CancellationToken cancellationToken);

    /// <summary>Begins to hand a guest over to one that was started as incoming, on another node.</summary>
    /// <exception cref="GuestException">It cannot be begun; the guest goes on where it is.</exception>
    Task BeginHandoverAsync(Handover handover, CancellationToken cancellationToken);

    /// <summary>How far handing a guest over is. When both are gone, it has failed.</summary>
    Task<HandoverProgress> ReadHandoverAsync(Handover handover, CancellationToken cancellationToken);

    /// <summary>Gives handing over up: the guest goes on where it was, unless it runs on the other side already.</summary>
    Task CancelHandoverAsync(Handover handover, CancellationToken cancellationToken);

    /// <summary>Tells of every guest that came up or ended. Called on any thread; must return at once.</summary>
    IDisposable Subscribe(Action<ObjectKey> changed);
}

/// <summary>How far a guest is.</summary>
public enum GuestPhase
{
    /// <summary>Its processor runs; nothing is known of its network.</summary>
    Booting,

    /// <summary>It said on its console that its network is up.</summary>
    Up,

    /// <summary>It shut itself down.</summary>
    ShutDown,

    /// <summary>Its process ended in another way.</summary>
    Crashed,
}

/// <summary>A guest as it is.</summary>
public sealed record Guest
{
    /// <summary>The uid of the launcher pod it is in: an instance that migrates has two guests.</summary>
    public required string Uid { get; init; }

    /// <summary>The instance's key.</summary>
    public required ObjectKey Key { get; init; }

    /// <summary>How far it is.</summary>
    public required GuestPhase Phase { get; init; }

    /// <summary>When it was started.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>How it ended, for people; null while it runs.</summary>
    public string? End { get; init; }

    /// <summary>Whether its process still runs.</summary>
    public bool IsRunning => Phase is GuestPhase.Booting or GuestPhase.Up;
}

/// <summary>A guest to start.</summary>
public sealed record GuestWish
{
    /// <summary>The uid of the launcher pod that it is to be in.</summary>
    public required string Uid { get; init; }

    /// <summary>The instance's key.</summary>
    public required ObjectKey Key { get; init; }

    /// <summary>The guest's host name.</summary>
    public required string Hostname { get; init; }

    /// <summary>Path of the network namespace its taps are in.</summary>
    public required string NetworkNamespace { get; init; }

    /// <summary>Its network devices, in order.</summary>
    public EquatableArray<GuestNic> Nics { get; init; }

    /// <summary>Memory in MiB.</summary>
    public required int MemoryMiB { get; init; }

    /// <summary>The uid of the launcher of the guest that it is to take over from; null for one that boots.</summary>
    public string? From { get; init; }
}

/// <summary>A guest that goes from one launcher to another.</summary>
/// <param name="Source">The uid of the launcher that it leaves.</param>
/// <param name="SourceNode">Its node.</param>
/// <param name="Target">The uid of the launcher that it goes to.</param>
/// <param name="TargetNode">Its node.</param>
public sealed record Handover(string Source, string SourceNode, string Target, string TargetNode);

/// <summary>How far handing a guest over is.</summary>
public enum HandoverPhase
{
    /// <summary>It was not begun.</summary>
    None,

    /// <summary>The guest runs on the source, or stands still for the last of it.</summary>
    Active,

    /// <summary>The guest runs on the target.</summary>
    Done,

    /// <summary>It failed or was given up: the guest runs on the source, if at all.</summary>
    Failed,
}

/// <summary>How far handing a guest over is.</summary>
/// <param name="Phase">How far.</param>
/// <param name="Detail">The same in the machine's words.</param>
public sealed record HandoverProgress(HandoverPhase Phase, string Detail);

/// <summary>A network device of a guest.</summary>
/// <param name="Tap">The tap it is behind, in the guest's network namespace.</param>
/// <param name="Mac">Its address.</param>
/// <param name="StaticIpv6">How it speaks IPv6 where nobody on the network tells it; null where it asks.</param>
public sealed record GuestNic(string Tap, MacAddress Mac, GuestIpv6? StaticIpv6 = null);

/// <summary>A guest could not be started or reached.</summary>
public sealed class GuestException : Exception
{
    /// <summary>Says why.</summary>
    public GuestException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
