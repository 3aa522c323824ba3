using Bpf.FastPath.Endpoints;
using Bpf.FastPath.Migration;
using Cni.Agent.Journal;
using Cni.Netlink;
using Fabric.Primitives;

namespace Cni.Agent.Migrating;

/// <summary>
/// A VM's endpoint on this node: finds the guest's tap in its launcher, has what goes into it be noted, and tells what was read. A
/// tap is a queue and its counter says how many frames were taken from it, so that the first that went in are those that were read.
/// </summary>
/// <param name="record">The attachment.</param>
/// <param name="addresses">The VM's addresses.</param>
/// <param name="devices">The endpoint's devices on the node.</param>
/// <param name="gate">The programs; disposed of with this.</param>
/// <param name="pod">rtnetlink in the launcher's namespace; disposed of with this.</param>
internal sealed class VmEndpoint(AttachmentRecord record, EquatableArray<IpAddress> addresses, EndpointDevices devices, MigrationGate gate, RouteSocket pod) : IDisposable
{
    private const string TapKind = "tun";

    private readonly Lock _lock = new();
    private Link? _tap;
    private bool _isTranslated;
    private bool _isDisposed;
    private long _droppedBefore;

    internal AttachmentRecord Record { get; } = record;

    internal EquatableArray<IpAddress> Addresses { get; } = addresses;

    internal MigrationGate Gate { get; } = gate;

    /// <summary>What keeps frames until the VM has come; null when it booted here, or has come.</summary>
    internal GateKeeper? Keeper { get; set; }

    /// <summary>Whether a VM that was to come here has spoken.</summary>
    internal bool HasCome
    {
        get
        {
            lock (_lock)
            {
                return Record.Migration is not null && !_isDisposed && Gate.HasSpoken;
            }
        }
    }

    internal bool HasTap => Volatile.Read(ref _tap) is not null;

    /// <summary>Looks for the guest's tap, which is made after the attachment, and puts the programs on it.</summary>
    /// <returns>Whether it is there.</returns>
    internal bool LookForTap()
    {
        lock (_lock)
        {
            if (_isDisposed || _tap is not null)
            {
                return _tap is not null;
            }

            var master = pod.FindLink(Record.Interface)?.Master;
            var taps = pod.GetLinks().Where(link => link.Kind == TapKind).ToArray();
            // Behind the same bridge as the pod's device; or, where the pod routes, the only one there is.
            if ((taps.FirstOrDefault(link => link.Master is { } bridge && bridge == master) ?? (master is null && taps.Length == 1 ? taps[0] : null)) is not { } tap)
            {
                return false;
            }

            Follow(tap);
            _isTranslated = master is null;
            Volatile.Write(ref _tap, tap);
            return true;
        }
    }

    /// <summary>The VM is about to go: what its tap drops from now on may be any of the frames it has not read.</summary>
    internal ReadSetStatus Prepare()
    {
        lock (_lock)
        {
            if (_isDisposed || _tap is not { } tap || pod.FindQueue(tap.Index) is not { } queue)
            {
                return ReadSetStatus.NotFollowed;
            }

            _droppedBefore = queue.Dropped;
            return _isTranslated ? ReadSetStatus.Translated : ReadSetStatus.Known;
        }
    }

    /// <summary>What the guest has read; final when it stands still.</summary>
    internal ReadSetAnswer Read()
    {
        lock (_lock)
        {
            // The counters before the frames: what comes between counts as unread.
            if (_isDisposed || _tap is not { } tap || pod.FindQueue(tap.Index) is not { } queue)
            {
                return ReadSetAnswer.Refused(ReadSetStatus.NotFollowed);
            }

            if (_isTranslated)
            {
                return ReadSetAnswer.Refused(ReadSetStatus.Translated);
            }

            var queued = Gate.Queued;
            var unread = ReleasePlan.Unread(queued, Gate.Base, queue.Sent, queue.Dropped, _droppedBefore);
            return new ReadSetAnswer(ReadSetStatus.Known, Gate.ReadHeard(queued, unread, ReadSetAnswer.MaxHashes), unread);
        }
    }

    /// <summary>What went into the guest's tap, read or not.</summary>
    internal ReadSetAnswer ReadHeard()
    {
        lock (_lock)
        {
            return _isDisposed || _tap is null ? ReadSetAnswer.Refused(ReadSetStatus.NotFollowed)
                : _isTranslated ? ReadSetAnswer.Refused(ReadSetStatus.Translated)
                : new ReadSetAnswer(ReadSetStatus.Known, Gate.ReadHeard(Gate.Queued, 0, ReadSetAnswer.MaxHashes), 0);
        }
    }

    /// <summary>Gives the guest frames that did not come here.</summary>
    internal void Deliver(IEnumerable<ReadOnlyMemory<byte>> frames)
    {
        using var outlet = PacketSocket.Open(devices.HostIndex);
        foreach (var frame in frames)
        {
            outlet.Send(frame.Span);
        }
    }

    /// <summary>How many frames wait in the guest's tap; 0 while it is not known.</summary>
    internal long Waiting()
    {
        lock (_lock)
        {
            return !_isDisposed && _tap is { } tap && pod.FindQueue(tap.Index) is { } queue ? Math.Max(0, Gate.Queued + Gate.Base - queue.Sent - queue.Dropped) : 0;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            pod.Dispose();
            Gate.Dispose();
        }
    }

    /// <summary>The kernel's numbers of the programs that an earlier agent left on a launcher's tap.</summary>
    internal static IReadOnlyList<uint> FindRunning(RouteSocket pod) =>
    [
        .. pod.GetLinks().Where(link => link.Kind == TapKind)
            .SelectMany(tap => pod.GetEgressFilters(tap.Index).Concat(pod.GetIngressFilters(tap.Index)))
            .Where(filter => filter.Name is MigrationGate.GuestHears or MigrationGate.GuestSpeaks)
            .Select(filter => filter.ProgramId),
    ];

    private void Follow(Link tap)
    {
        pod.EnsureClsact(tap.Index);
        pod.AttachEgress(tap.Index, Gate.Hears, MigrationGate.GuestHears);
        pod.AttachIngress(tap.Index, Gate.Speaks, MigrationGate.GuestSpeaks);
        if (!Gate.IsTakenOver && pod.FindQueue(tap.Index) is { } queue)
        {
            Gate.Base = queue.Sent + queue.Dropped;
        }
    }
}
