using System.Diagnostics;
using Bpf.FastPath.Migration;
using Cni.Netlink;
using Fabric.Resources;
using Microsoft.Extensions.Logging;

namespace Cni.Agent.Migrating;

/// <summary>
/// Keeps what is sent to a VM that is on its way to this node, and delivers when it has come what it has not read where it was. A
/// thread of its own: the wait is in the kernel, and what comes then is a matter of milliseconds.
/// </summary>
/// <param name="vm">The VM's endpoint, whose gate is held.</param>
/// <param name="outlet">Sends frames into the VM's pod.</param>
/// <param name="inlet">Has this node's switch get to know the VM's connections.</param>
/// <param name="source">Asks the agent of the node it comes from; null where that cannot be asked.</param>
/// <param name="tell">Is told what has happened, that the VM has come and then the figures; must not wait.</param>
/// <param name="finish">Puts the usual programs back; called at the end, on this thread.</param>
/// <param name="logger">Is told the figures.</param>
internal sealed class GateKeeper(
    VmEndpoint vm, PacketSocket outlet, ConnectionInlet inlet, ReadSetClient? source, Action<NicGate> tell, Action finish, ILogger logger) : IDisposable
{
    // Longer than any pause of this process; after it frames pass, and what was kept is lost.
    internal static readonly TimeSpan HoldLease = TimeSpan.FromSeconds(2);

    // While frames wait for it nothing else is: an agent that does not renew by then is gone.
    private static readonly TimeSpan DrainLease = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(100);

    // One exchange over a connection that is there takes a millisecond; a node that is busy or gone is not waited for any longer.
    private static readonly TimeSpan SourcePatience = TimeSpan.FromMilliseconds(100);

    // What the source had said so long ago says more than a guess; what is older would have the VM be given too much twice.
    private static readonly TimeSpan LongestMemory = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan MemoryPeriod = TimeSpan.FromMilliseconds(250);

    // A connection that is not known here yet when the VM stands still loses what comes of it until the VM sends again. The source looks through all that it tracks each time.
    private static readonly TimeSpan ConnectionsPeriod = TimeSpan.FromMilliseconds(500);

    // A guest that has just come reads slowly: for so long frames are handed to it no faster than it reads.
    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestDrain = TimeSpan.FromSeconds(5);

    // A frame that goes to both nodes is at both within milliseconds.
    private static readonly TimeSpan OnItsWay = TimeSpan.FromMilliseconds(50);
    private const int MostRepaired = 200;

    // Frames that come for longer come to both nodes: OVN has not been told, or does not follow.
    private static readonly TimeSpan LongestHandBack = TimeSpan.FromMilliseconds(500);

    // A sleep may end so much early by the clock that frames are stamped with.
    private static readonly TimeSpan Clock = TimeSpan.FromMilliseconds(1);

    // Of the tap's queue of 1000; the rest is for what passes this process by.
    private const int MostWaiting = 400;

    private readonly byte[] _frame = new byte[MigrationGate.MaxFrame];
    private long _repaired;
    private (ReadSetAnswer Answer, long Asked)? _soFar;
    private long _connectionsAsked;
    private volatile bool _isAskedToOpen;
    private volatile bool _isEnding;
    private int _isDisposed;
    private Thread? _thread;

    private MigrationGate Gate => vm.Gate;

    internal void Start()
    {
        _ = source?.ConnectAsync();
        Rehearsal.Prepare(typeof(GateKeeper), typeof(MigrationGate), typeof(ReleasePlan), typeof(ReadSetAnswer), typeof(VmEndpoint), typeof(PacketSocket), typeof(RouteSocket));
        _thread = new Thread(Run) { IsBackground = true, Name = "gate" };
        _thread.Start();
    }

    /// <summary>Has frames pass although the VM has not spoken: it is here all the same, or nowhere.</summary>
    internal void Open() => _isAskedToOpen = true;

    /// <summary>
    /// The VM stays where it is, and this node's port goes: has it be given there what came here alone, until nothing comes any more.
    /// </summary>
    internal void HandBack()
    {
        Stop();
        if (Gate.HasSpoken || Gate.IsOpen)
        {
            return;
        }

        var (end, began) = (-1L, Stopwatch.GetTimestamp());
        while (end != Gate.Head && Stopwatch.GetElapsedTime(began) < LongestHandBack)
        {
            end = Gate.Head;
            Gate.Renew(HoldLease);
            Thread.Sleep(OnItsWay + Clock);
            while (_repaired < end && Repair().Known > 0)
            {
                // As much at a time as one message holds.
            }
        }
    }

    /// <summary>Called by this thread at its end, and by whoever removes the attachment; perhaps by both.</summary>
    public void Dispose()
    {
        Stop();
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            source?.Dispose();
            outlet.Dispose();
            inlet.Dispose();
        }
    }

    private void Stop()
    {
        _isEnding = true;
        if (_thread is { } thread && thread != Thread.CurrentThread)
        {
            thread.Join();
        }
    }

    private void Run()
    {
        try
        {
            if (Hold())
            {
                Release();
                finish();
            }
        }
        catch (Exception e)
        {
            // The gate opens by itself when its lease is over.
            logger.LogError(e, "{Nic}: the gate is left to itself", vm.Record.Nic);
        }
    }

    private void AskSoFar()
    {
        var asked = Stopwatch.GetTimestamp();
        if (source?.AskSoFar(SourcePatience) is { Status: ReadSetStatus.Known } answer)
        {
            _soFar = (answer, asked);
        }
    }

    /// <summary>Again and again, for the port may not be OVN's yet, and the VM opens others.</summary>
    private void LearnConnections()
    {
        if (source?.AskConnections(SourcePatience) is { } frames)
        {
            _connectionsAsked = Stopwatch.GetTimestamp();
            inlet.Learn(frames);
        }
    }

    /// <returns>Whether there is something to deliver; false when the attachment went before.</returns>
    private bool Hold()
    {
        var isWhole = false;
        while (!_isEnding)
        {
            if (Gate.WaitSpoken(Period) || _isAskedToOpen || Gate.IsOpen)
            {
                return true;
            }

            Gate.Renew(HoldLease);
            // Once all that comes here comes there as well, it stays so.
            isWhole = isWhole || Repair() is { Known: > 0, Missed: 0 };
            if (_soFar is not { } said || Stopwatch.GetElapsedTime(said.Asked) > MemoryPeriod)
            {
                AskSoFar();
            }

            if (Stopwatch.GetElapsedTime(_connectionsAsked) > ConnectionsPeriod)
            {
                LearnConnections();
            }
        }

        return false;
    }

    /// <summary>
    /// Has the VM be given, where it still is, what came here alone. For some milliseconds between its claim and its having heard of it, this
    /// node's ovn-controller (seen with OVN 23.03) has only this node's port in its flows, so that peers on this node do not reach the VM.
    /// </summary>
    /// <returns>Of how many frames it is known now that the VM has them, and how many of these it had not; none when it cannot be known now.</returns>
    private (long Known, int Missed) Repair()
    {
        var head = Gate.Head;
        if (head == _repaired || source?.AskHeard(SourcePatience) is not { Status: ReadSetStatus.Known } heard)
        {
            return default;
        }

        // What has come just now is still on its way there.
        var first = Math.Max(_repaired, head - Gate.Slots + 8);
        var (hashes, came) = Look(first, head);
        var settled = came.TakeWhile(time => Stopwatch.GetElapsedTime(time) > OnItsWay).Count();
        var (missed, known) = ReleasePlan.Missed(hashes[..settled], heard.Hashes, MostRepaired);
        var frames = missed.Select(i => Gate.TryRead(first + i, _frame, out var frame) ? _frame[..frame.Length] : null).OfType<byte[]>().ToArray();
        if (frames.Length > 0 && !source.Deliver(frames, SourcePatience))
        {
            return default;
        }

        if (frames.Length > 0)
        {
            logger.LogInformation("{Nic}: {Count} frames that came to this node alone were delivered where the VM is", vm.Record.Nic, frames.Length);
        }

        _repaired = first + known;
        return (known, missed.Count);
    }

    private void Release()
    {
        var spoke = Gate.HasSpoken ? Gate.Spoke : Stopwatch.GetTimestamp();
        if (Gate.IsOpen)
        {
            tell(Said(NicGateState.Opened, 0, 0, spoke, spoke, "the agent stood still for too long: frames passed before the VM was there"));
            return;
        }

        // At once: the control plane gives the port to this node meanwhile.
        tell(Said(StateNow, Gate.Head, 0, spoke, spoke, note: null) with { Released = null, GapMilliseconds = null, ActivationMicroseconds = null });
        var answer = source?.Ask(SourcePatience);
        var read = answer is { Status: ReadSetStatus.Known } ? answer : Remembered(spoke);
        var head = Gate.Head;
        // The oldest of a full ring is being written over.
        var first = Math.Max(0, head - Gate.Slots + 8);
        var (hashes, came) = Look(first, head);
        var passed = read is not null
            ? ReleasePlan.Unread(hashes, read.Hashes, isCut: read.Hashes.Length == ReadSetAnswer.MaxHashes, came, spoke - Nanoseconds(ReleasePlan.Longest))
            : ReleasePlan.NewerThan(came, spoke - Nanoseconds(ReleasePlan.Fallback));
        Gate.Renew(DrainLease);
        Gate.Drain(first, Settle);
        Deliver(new Delivery(first, passed, spoke, NoteOf(answer, spoke)));
    }

    /// <summary>What the source said last while the VM was there; null when that is too long ago.</summary>
    private ReadSetAnswer? Remembered(long spoke) => _soFar is { } said && Stopwatch.GetElapsedTime(said.Asked, spoke) < LongestMemory ? said.Answer : null;

    private NicGateState StateNow => Gate.HasSpoken ? NicGateState.Activated : NicGateState.Opened;

    private (ulong[] Hashes, long[] Came) Look(long first, long head)
    {
        var (hashes, came) = (new ulong[head - first], new long[head - first]);
        for (var i = 0; i < hashes.Length; i++)
        {
            (hashes[i], came[i]) = Gate.TryLook(first + i, out var frame) ? (frame.Hash, frame.Came) : (0, 0);
        }

        return (hashes, came);
    }

    // The clock that frames are stamped with.
    private static long Nanoseconds(TimeSpan time) => time.Ticks * 100;

    private void Deliver(Delivery delivery)
    {
        var (next, released, isTold) = (delivery.First, 0L, false);
        var room = 0L;
        var (oldest, began) = (delivery.Spoke, Stopwatch.GetTimestamp());
        while (!_isEnding && !(Gate.IsOpen && next == Gate.Head))
        {
            var hasTime = Stopwatch.GetElapsedTime(began) < LongestDrain;
            if (hasTime)
            {
                Gate.Renew(DrainLease);
            }
            else
            {
                // More comes than is delivered: the next frame passes by what is still kept.
                Gate.EndLease();
            }

            var head = Gate.Head;
            if (next < head)
            {
                var isOld = next - delivery.First < delivery.Passed.Length;
                if (isOld && delivery.Passed[next - delivery.First])
                {
                    next++;
                }
                else if (room == 0 && hasTime && (room = Math.Max(0, MostWaiting - vm.Waiting())) == 0)
                {
                    Thread.Sleep(1);
                    continue;
                }
                else if (head - next >= Gate.Slots)
                {
                    next = head - Gate.Slots + 64;
                }
                else if (Gate.TryRead(next, _frame, out var frame))
                {
                    if (outlet.Send(_frame.AsSpan(0, frame.Length)))
                    {
                        oldest = isOld ? Math.Min(oldest, frame.Came) : oldest;
                        room = Math.Max(0, room - 1);
                        released++;
                    }
                    else if (hasTime)
                    {
                        // The queue that holds the VM to its rate is full: what is behind waits here.
                        Thread.Sleep(1);
                        continue;
                    }

                    next++;
                }

                Gate.Drained(next);
                continue;
            }

            if (!isTold)
            {
                isTold = true;
                tell(Said(StateNow, delivery.Passed.Length, released, delivery.Spoke, oldest, delivery.Note));
            }

            if (Stopwatch.GetElapsedTime(began) > Settle + Settle)
            {
                // No frame came by which it would have opened: the next one opens it.
                Gate.EndLease();
                if (next == Gate.Head)
                {
                    return;
                }

                continue;
            }

            Thread.Sleep(1);
        }
    }

    private NicGate Said(NicGateState state, long held, long released, long spoke, long oldest, string? note)
    {
        var said = new NicGate
        {
            MigrationUid = vm.Record.Migration!,
            State = state,
            Held = held,
            Released = released,
            GapMilliseconds = (int)Stopwatch.GetElapsedTime(oldest, spoke).TotalMilliseconds,
            ActivationMicroseconds = (long)Stopwatch.GetElapsedTime(spoke).TotalMicroseconds,
            Message = note,
        };
        logger.LogInformation(
            "{Nic}: {State}; {Held} frames kept, {Released} delivered after {Microseconds} us, the oldest {Gap} ms old{Note}",
            vm.Record.Nic, state, held, released, said.ActivationMicroseconds, said.GapMilliseconds, note is null ? "" : "; " + note);
        return said;
    }

    private string? NoteOf(ReadSetAnswer? answer, long spoke)
    {
        var note = answer switch
        {
            { Status: ReadSetStatus.Known } => null,
            _ when Remembered(spoke) is not null =>
                $"the node it came from did not say at last what it had read, so all was delivered that it had not read {Stopwatch.GetElapsedTime(_soFar!.Value.Asked, spoke).TotalMilliseconds:0} ms before, some of it twice",
            { Status: ReadSetStatus.Translated } => $"its pod translates what is sent to it, so the last {ReleasePlan.Fallback.TotalMilliseconds:0} ms were delivered, some of it twice",
            _ => $"the node it came from did not say what it had read, so the last {ReleasePlan.Fallback.TotalMilliseconds:0} ms were delivered, some of it twice",
        };
        return Gate.TooLong == 0 ? note : $"{(note is null ? "" : note + "; ")}{Gate.TooLong} frames longer than {MigrationGate.MaxFrame} bytes were not kept";
    }

    /// <summary>What is to be delivered.</summary>
    private sealed record Delivery(long First, bool[] Passed, long Spoke, string? Note);
}
