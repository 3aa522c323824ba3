using System.Collections.Concurrent;
using System.Net.Sockets;
using Cni.Agent.Attaching;
using Cni.Agent.Journal;
using Cni.Agent.Nics;
using Fabric.Kube.Queues;
using Fabric.Kube.Transport;
using Fabric.Resources;
using Microsoft.Extensions.Logging;
using Ovs.Vswitch.Control;

namespace Cni.Agent.Migrating;

/// <summary>
/// Has this node's ovn-controller stand still while a port that it has is given to the node that its VM has gone to. Otherwise it may
/// release the port before the other has claimed it, and for some milliseconds no node has it (seen with OVN 23.03). Of two nodes that
/// exchange VMs one goes first: while both stood still neither would claim what comes.
/// </summary>
internal sealed class StandingStill(
    NodeView view, AttachmentJournal journal, AttachmentStatus status, VmEndpoints vms, IReadOnlyList<string> folders, string node, TimeProvider time, ILogger logger)
{
    private const string Program = "ovn-controller";

    // The control plane writes within tens of milliseconds and the other claims within ten more. All of this node's ports wait meanwhile.
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ForTheClaim = TimeSpan.FromMilliseconds(150);
    private static readonly TimeSpan Answer = TimeSpan.FromSeconds(2);

    // The control plane waits for this node no longer than NicMove.SourcePatience.
    private static readonly TimeSpan ForOthers = TimeSpan.FromMilliseconds(700);
    private static readonly TimeSpan LookPeriod = TimeSpan.FromMilliseconds(20);

    private readonly WorkQueue<ObjectKey> _queue = new(new WorkQueueOptions { Workers = 8, Retry = new Backoff(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(5)) });
    private readonly Turns<string> _turns = new();
    private int _standing;

    // Those who wait until a Nic has left.
    private readonly ConcurrentDictionary<ObjectKey, TaskCompletionSource> _leaving = new();

    /// <summary>Follows the Nics that leave until cancelled.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        // An agent that was ended meanwhile has left it so.
        await TryCallAsync("debug/resume", cancellationToken);
        view.Nics.Subscribe(change =>
        {
            var key = ResourceTypes.Nics.KeyOf(change.Current);
            if (change.New is { } nic && Leaving(nic) is not null)
            {
                _queue.Add(key);
            }

            if (change.New is null || change.New.Status?.Node != node || change.New.Status.Migration is not { Phase: NicMigrationPhase.Activated })
            {
                _leaving.GetValueOrDefault(key)?.TrySetResult();
            }
        });
        await _queue.RunAsync(
            StandAsync, (nic, e, wait) => logger.LogWarning("{Nic} leaves, and ovn-controller does not stand still for it: {Message}; again in {Wait}", nic, e.Message, wait), cancellationToken);
    }

    /// <summary>The attachment of this node that the control plane waits for, if the Nic leaves.</summary>
    private AttachmentRecord? Leaving(Nic nic) => nic.Status?.Migration is { Phase: NicMigrationPhase.Activated } migration && migration.SourceNode == node
        && nic.Status.Attachments.FirstOrDefault(each => each.PodUid == migration.SourcePodUid) is { } attachment && attachment.QuietFor != migration.Uid
            ? journal.ReadAll().FirstOrDefault(record => record.PodUid == attachment.PodUid && record.Nic == ResourceTypes.Nics.KeyOf(nic) && record.Step is not AttachmentStep.Releasing)
            : null;

    private async Task<TimeSpan?> StandAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (view.Nics.Get(key) is not { } nic || Leaving(nic) is not { } record)
        {
            return null;
        }

        var uid = nic.Status!.Migration!.Uid;
        await LetOthersComeAsync(uid, cancellationToken);
        var gone = _leaving[key] = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await PauseAsync(cancellationToken);
        try
        {
            await status.ChangeAsync(record, attachment => attachment with { QuietFor = uid }, cancellationToken);
            await Task.WhenAny(gone.Task, Task.Delay(Longest, time, cancellationToken));
            if (gone.Task.IsCompleted)
            {
                await Task.Delay(ForTheClaim, time, cancellationToken);
            }
        }
        finally
        {
            _leaving.TryRemove(new KeyValuePair<ObjectKey, TaskCompletionSource>(key, gone));
            await ResumeAsync();
        }

        return null;
    }

    private async Task LetOthersComeAsync(string uid, CancellationToken cancellationToken)
    {
        var (limit, waited) = (time.GetUtcNow() + ForOthers, false);
        while (time.GetUtcNow() < limit && await IsOneComingAsync(uid, cancellationToken))
        {
            waited = true;
            await Task.Delay(LookPeriod, time, cancellationToken);
        }

        if (waited)
        {
            // Its source stands still for as long.
            await Task.Delay(ForTheClaim, time, cancellationToken);
        }
    }

    private async Task<bool> IsOneComingAsync(string uid, CancellationToken cancellationToken)
    {
        foreach (var nic in vms.Arriving())
        {
            if (await status.ComesFirstAsync(nic, uid, cancellationToken))
            {
                return true;
            }
        }

        return false;
    }

    private Task<bool> PauseAsync(CancellationToken cancellationToken) => _turns.RunAsync(
        Program,
        async inTurn =>
        {
            if (_standing++ == 0)
            {
                await TryCallAsync("debug/pause", inTurn);
            }

            return true;
        },
        cancellationToken);

    private Task<bool> ResumeAsync() => _turns.RunAsync(
        Program,
        async _ =>
        {
            if (--_standing == 0)
            {
                await TryCallAsync("debug/resume", CancellationToken.None);
            }

            return true;
        },
        CancellationToken.None);

    /// <summary>One that does not run or answer is in nobody's way.</summary>
    private async Task TryCallAsync(string command, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Answer);
        try
        {
            if (ControlSocket.Find(folders, Program) is { } socket)
            {
                await socket.CallAsync(command, patience.Token);
            }
        }
        catch (Exception e) when (e is IOException or SocketException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            logger.LogWarning("ovn-controller does not take {Command}: {Message}", command, e.Message);
        }
    }
}
