using Cni.Agent.Journal;
using Cni.Agent.Nics;
using Cni.Agent.Serving;
using Fabric.Kube.Queues;
using Fabric.Kube.Transport;
using Fabric.Resources;
using Microsoft.Extensions.Logging;

namespace Cni.Agent.Attaching;

/// <summary>
/// Writes behind what became of attachments: no request waits for the API with it. The journal says what is to be said, so that an
/// agent that was ended in between, or had no API for a while, says it later.
/// </summary>
internal sealed class AttachmentReports(
    AttachmentJournal journal, AttachmentStatus status, ContainerNics containers, NodeView view, Turns<AttachmentKey> turns, Steps steps, ILogger logger)
{
    // A request for the same container waits for its turn as long: an API that does not answer is asked again.
    private static readonly TimeSpan RemovalBudget = TimeSpan.FromSeconds(3);

    private readonly WorkQueue<AttachmentKey> _queue = new(new WorkQueueOptions { Retry = new Backoff(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(10)) });

    /// <summary>Has the Nic's status be brought in line with the journal.</summary>
    internal void Add(AttachmentKey key) => _queue.Add(key);

    /// <summary>Works off what is to be said until cancelled.</summary>
    internal Task RunAsync(CancellationToken cancellationToken)
    {
        view.Nics.Subscribe(change => OnNic(change.Current));
        return _queue.RunAsync(
            ReportAsync,
            (key, e, wait) => logger.Log(
                wait < TimeSpan.FromSeconds(1) ? LogLevel.Warning : LogLevel.Debug, "The Nic of container {Container} cannot be told: {Message}; again in {Wait}", key.ContainerId, e.Message, wait),
            cancellationToken);
    }

    /// <summary>Whoever takes an attachment out of a Nic that is attached is set right.</summary>
    private void OnNic(Nic nic)
    {
        var key = ResourceTypes.Nics.KeyOf(nic);
        foreach (var record in journal.ReadAll().Where(record => record.Nic == key && record.Step is AttachmentStep.Finished && !IsSaid(nic, record) && !IsReplaced(record)))
        {
            Add(record.Key);
        }
    }

    private async Task<TimeSpan?> ReportAsync(AttachmentKey key, CancellationToken cancellationToken)
    {
        switch (journal.Find(key))
        {
            case { Step: AttachmentStep.Finished } record when !IsReplaced(record) && (view.Nics.Get(record.Nic) is not { } nic || !IsSaid(nic, record)):
                await steps.TakeAsync(AttachStep.Reported, () => SayAsync(record, cancellationToken));
                break;
            case { Step: AttachmentStep.Releasing, OwnsNic: true }:
                await turns.RunAsync(key, inTurn => RemoveNicAsync(key, inTurn), cancellationToken);
                break;
            case { Step: AttachmentStep.Releasing } record:
                await steps.TakeAsync(AttachStep.Reported, () => status.RemoveAsync(record, cancellationToken));
                await turns.RunAsync(key, _ => Task.FromResult(Forget(record)), cancellationToken);
                break;
        }

        return null;
    }

    private async Task SayAsync(AttachmentRecord record, CancellationToken cancellationToken)
    {
        try
        {
            await status.SetAsync(record, AttachmentPhase.Attached, cancellationToken);
        }
        catch (CniFailure e)
        {
            // The Nic is gone: its workload is too, or soon will be.
            logger.LogInformation("Nobody is told of {Container}: {Message}", record.ContainerId, e.Message);
        }
    }

    /// <summary>The Nic of a container goes whole. Within the turn, because a newer attachment of the same key would have the same Nic.</summary>
    private async Task<bool> RemoveNicAsync(AttachmentKey key, CancellationToken cancellationToken)
    {
        if (journal.Find(key) is not { Step: AttachmentStep.Releasing, OwnsNic: true } record)
        {
            return false;
        }

        using var budget = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        budget.CancelAfter(RemovalBudget);
        try
        {
            await steps.TakeAsync(AttachStep.Reported, () => containers.RemoveAsync(record.Nic, record.PodUid, budget.Token));
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"the Kubernetes API does not answer within {RemovalBudget.TotalSeconds:0} s", e);
        }

        return Forget(record);
    }

    private bool Forget(AttachmentRecord record)
    {
        // Otherwise a newer attachment of the same key has taken its place.
        if (journal.Find(record.Key) is { Step: AttachmentStep.Releasing })
        {
            steps.Take(AttachStep.Forgotten, () => journal.Remove(record.Key));
        }

        return true;
    }

    /// <summary>A Nic says one container of each pod: the newest.</summary>
    private bool IsReplaced(AttachmentRecord record) => journal.ReadAll().Any(other =>
        other.PodUid == record.PodUid && other.Nic == record.Nic && other.Step is AttachmentStep.Finished && other.Since > record.Since);

    private static bool IsSaid(Nic nic, AttachmentRecord record) => nic.Status?.Attachments.Any(each =>
        each.PodUid == record.PodUid && each.ContainerId == record.ContainerId && each.Phase == AttachmentPhase.Attached) == true;
}
