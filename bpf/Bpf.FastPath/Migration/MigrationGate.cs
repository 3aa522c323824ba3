using System.Diagnostics;
using System.Runtime.InteropServices;
using Bpf.FastPath.Endpoints;
using Bpf.Interop;

namespace Bpf.FastPath.Migration;

/// <summary>
/// What is on a VM's endpoint around its migrations (bpf/programs/migration.bpf.c): on its tap, always, what counts the frames that
/// it is to read; on its two devices on the node, while it is the target of a migration, what keeps frames until it is there.
/// </summary>
/// <remarks>
/// Nothing is pinned: the programs and their maps live as long as the devices they are on, or this object. A gate outlives the
/// agent by its lease only.
/// </remarks>
public sealed class MigrationGate : IDisposable
{
    /// <summary>The program at the tap's tc egress, as <c>tc filter show</c> names it.</summary>
    public const string GuestHears = "guest_hears";

    /// <summary>The program at the tap's tc ingress.</summary>
    public const string GuestSpeaks = "guest_speaks";

    private const string ToVm = "gate_to_vm";
    private const string FromVm = "gate_from_vm";

    // HELD_SLOTS of migration_types.h.
    private const int MostHeld = 4096;

    private const string HeldFrames = "held_frames";

    // What the programs on the tap know of the VM. The frames that are kept are not theirs, and go with the gate.
    private static readonly string[] OfTap = ["gate_state", "heard_frames", "gate_wake"];

    private readonly IIngressHooks _hooks;
    private readonly BpfProgram _toVm;
    private readonly BpfProgram _fromVm;
    private readonly BpfProgram _hears;
    private readonly BpfProgram _speaks;
    private readonly BpfMappedArray<GateStateRow> _state;
    private readonly BpfMappedArray<HeldFrameRow> _held;
    private readonly BpfMappedArray<ulong> _heard;
    private readonly BpfWakeUp _wakeUp;

    private MigrationGate(BpfObject loaded, IIngressHooks hooks)
    {
        _hooks = hooks;
        _toVm = loaded.GetProgram(ToVm);
        _fromVm = loaded.GetProgram(FromVm);
        _hears = loaded.GetProgram(GuestHears);
        _speaks = loaded.GetProgram(GuestSpeaks);
        _state = loaded.MapArray<GateStateRow>("gate_state");
        _held = loaded.MapArray<HeldFrameRow>(HeldFrames);
        _heard = loaded.MapArray<ulong>("heard_frames");
        _wakeUp = loaded.GetWakeUp("gate_wake");
    }

    /// <summary>The program for the tap's tc egress.</summary>
    public SafeHandle Hears => _hears.Descriptor;

    /// <summary>The program for the tap's tc ingress.</summary>
    public SafeHandle Speaks => _speaks.Descriptor;

    /// <summary>How many frames can be kept: a power of two.</summary>
    public int Slots => _held.Count;

    /// <summary>Frames that went into the tap since <see cref="Hears"/> is on it.</summary>
    public long Queued => (long)Volatile.Read(ref State.queued);

    /// <summary>What the tap had sent and dropped when <see cref="Hears"/> came on it; kept here for an agent that comes after.</summary>
    public long Base
    {
        get => (long)Volatile.Read(ref State.@base);
        set => Volatile.Write(ref State.@base, (ulong)value);
    }

    /// <summary>Whether the maps are those of programs that an earlier process left on the tap.</summary>
    public bool IsTakenOver { get; private init; }

    /// <summary>Whether frames are being kept.</summary>
    public bool IsHolding => Volatile.Read(ref State.mode) == GateMode.Hold && Volatile.Read(ref State.lease) > Now();

    /// <summary>Whether frames pass.</summary>
    public bool IsOpen => Volatile.Read(ref State.mode) == GateMode.Open;

    /// <summary>Whether it opened by itself, because nobody renewed its lease.</summary>
    public bool HasExpired => Volatile.Read(ref State.expired) != 0;

    /// <summary>Whether the guest has sent a frame.</summary>
    public bool HasSpoken => Volatile.Read(ref State.spoken) != 0;

    /// <summary>When the guest sent its first frame, as <see cref="Stopwatch.GetTimestamp"/> tells the time; 0 before.</summary>
    public long Spoke => (long)Volatile.Read(ref State.spoke);

    /// <summary>Frames kept so far.</summary>
    public long Head => (long)Volatile.Read(ref State.head);

    /// <summary>Frames that were too long to be kept, and were dropped.</summary>
    public long TooLong => (long)Volatile.Read(ref State.too_long);

    private ref GateStateRow State => ref _state[0];

    /// <summary>Has frames be kept from now on, in place of the usual programs, for as long as the lease is renewed.</summary>
    public void Hold(EndpointDevices devices, TimeSpan lease)
    {
        // That the guest has spoken meanwhile stays.
        Renew(lease);
        Volatile.Write(ref State.mode, GateMode.Hold);
        _hooks.Attach(devices.OvsIndex, _toVm.Descriptor, _toVm.Name);
        _hooks.Attach(devices.HostIndex, _fromVm.Descriptor, _fromVm.Name);
    }

    /// <summary>Says that the agent is alive, and will be for a while.</summary>
    public void Renew(TimeSpan lease) => Volatile.Write(ref State.lease, Now() + Nanoseconds(lease));

    /// <summary>Waits on this thread until the guest sends its first frame.</summary>
    /// <returns>Whether it has.</returns>
    public bool WaitSpoken(TimeSpan patience) => HasSpoken || (_wakeUp.Wait(patience) && HasSpoken);

    /// <summary>Begins to deliver what was kept; what comes meanwhile is put behind.</summary>
    /// <param name="from">The number of the first frame that is looked at.</param>
    /// <param name="settle">For so long the gate stays although nothing is kept: a guest that has just come reads slowly.</param>
    public void Drain(long from, TimeSpan settle)
    {
        ref var state = ref State;
        Volatile.Write(ref state.drained, (ulong)from);
        Volatile.Write(ref state.settle, Now() + Nanoseconds(settle));
        Volatile.Write(ref state.mode, GateMode.Drain);
    }

    /// <summary>Says that the frames before this number are done with.</summary>
    public void Drained(long number) => Volatile.Write(ref State.drained, (ulong)number);

    /// <summary>Lets frames pass: at once, or when nothing is before them any more.</summary>
    public void EndLease() => Volatile.Write(ref State.lease, 0);

    /// <summary>When a kept frame came and its hash, without its bytes.</summary>
    /// <returns>Whether it is there: as <see cref="TryRead"/>.</returns>
    public bool TryLook(long number, out HeldFrame frame)
    {
        ref var row = ref _held[(int)(number & (Slots - 1))];
        frame = new HeldFrame((long)row.came, row.hash, (int)row.length);
        return Volatile.Read(ref row.number) == (ulong)number + 1;
    }

    /// <summary>A kept frame.</summary>
    /// <param name="number">Its number, counted from 0; it must be below <see cref="Head"/>.</param>
    /// <param name="frame">The frame; its bytes are copied.</param>
    /// <param name="bytes">Room for <see cref="MaxFrame"/> bytes.</param>
    /// <returns>Whether it is there: false while it is being written, and when newer ones have taken its place.</returns>
    public bool TryRead(long number, Span<byte> bytes, out HeldFrame frame)
    {
        ref var row = ref _held[(int)(number & (Slots - 1))];
        frame = default;
        if (Volatile.Read(ref row.number) != (ulong)number + 1)
        {
            return false;
        }

        var length = (int)Math.Min(row.length, HeldBytes.Count);
        frame = new HeldFrame((long)row.came, row.hash, length);
        ((ReadOnlySpan<byte>)row.data)[..length].CopyTo(bytes);
        // Written anew while it was copied: it was the oldest, and the ring is full.
        return Volatile.Read(ref row.number) == (ulong)number + 1;
    }

    /// <summary>The longest frame that is kept, in bytes.</summary>
    public static int MaxFrame => HeldBytes.Count;

    /// <summary>The hashes of the last frames that went into the tap, the oldest first.</summary>
    /// <param name="queued">How many had gone into it: <see cref="Queued"/>, read before.</param>
    /// <param name="unread">Of the newest so many are left out.</param>
    /// <param name="most">At most so many.</param>
    public ulong[] ReadHeard(long queued, long unread, int most)
    {
        var end = Math.Max(0, queued - Math.Max(0, unread));
        // What the programs write while this is read is a frame that was not there yet.
        var first = Math.Max(0, Math.Max(end - most, queued - _heard.Count + 64));
        var hashes = new ulong[Math.Max(0, end - first)];
        for (var i = 0; i < hashes.Length; i++)
        {
            hashes[i] = Volatile.Read(ref _heard[(int)((first + i) & (_heard.Count - 1))]);
        }

        return hashes;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _toVm.Dispose();
        _fromVm.Dispose();
        _hears.Dispose();
        _speaks.Dispose();
        _state.Dispose();
        _held.Dispose();
        _heard.Dispose();
        _wakeUp.Dispose();
    }

    internal static MigrationGate Load(
        BpfHashMap<uint, EndpointPeer> peers, BpfPerCpuHashMap<uint, EndpointCountersRow> stats, IIngressHooks hooks, IEnumerable<uint> running, bool isTarget)
    {
        BpfMap[] earlier = [.. running.SelectMany(BpfMap.OfProgram)];
        try
        {
            BpfMap[] own = [.. earlier.Where(map => OfTap.Contains(map.Name)).DistinctBy(map => map.Name)];
            using var opened = BpfObjects.Open(BpfObjects.Migration);
            // A VM that boots here keeps nothing.
            opened.SetMaxEntries(HeldFrames, isTarget ? MostHeld : 1);
            var isTakenOver = own.Length == OfTap.Length && opened.TryReuse(own);
            opened.Share(peers);
            opened.Share(stats);
            opened.Load();
            var gate = new MigrationGate(opened, hooks) { IsTakenOver = isTakenOver };
            gate.ForgetKept();
            return gate;
        }
        finally
        {
            foreach (var map in earlier)
            {
                map.Dispose();
            }
        }
    }

    /// <summary>What an earlier process had kept has gone with it: counting begins anew.</summary>
    private void ForgetKept()
    {
        Volatile.Write(ref State.head, 0);
        Volatile.Write(ref State.drained, 0);
    }

    // CLOCK_MONOTONIC in nanoseconds, as the programs read it.
    private static ulong Now() => (ulong)Stopwatch.GetTimestamp();

    private static ulong Nanoseconds(TimeSpan time) => (ulong)time.Ticks * 100;
}

/// <summary>A kept frame.</summary>
/// <param name="Came">When it came, as <see cref="Stopwatch.GetTimestamp"/> tells the time.</param>
/// <param name="Hash">Its hash.</param>
/// <param name="Length">Its length in bytes.</param>
public readonly record struct HeldFrame(long Came, ulong Hash, int Length);
