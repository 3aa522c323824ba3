using Cni.Agent.Journal;
using Fabric.Kube.Queues;
using Fabric.Kube.Transport;
using Fabric.Resources;
using Microsoft.Extensions.Logging;

namespace Cni.Agent.Nics;

/// <summary>
/// Takes out of the Nics of this node what names it and is in no journal: left by a node that lost its disk, or an agent of before
/// a reboot. Of a Nic that has moved on, the control plane takes it when the pod is gone.
/// </summary>
internal sealed class StrayAttachments(NodeView view, AttachmentJournal journal, AttachmentStatus status, string node, ILogger logger)
{
    private readonly WorkQueue<ObjectKey> _queue = new(new WorkQueueOptions { Workers = 1, Retry = new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1)) });

    /// <summary>Looks at each Nic that comes or changes, until cancelled.</summary>
    internal Task RunAsync(CancellationToken cancellationToken)
    {
        view.Nics.Subscribe(change =>
        {
            if (change.New is { } nic && StraysOf(nic).Any())
            {
                _queue.Add(ResourceTypes.Nics.KeyOf(nic));
            }
        });
        return _queue.RunAsync(
            RemoveAsync,
            (nic, e, wait) => logger.LogWarning("{Nic} names what is not on this node, trying again in {Wait}: {Message}", nic, wait, e.Message),
            cancellationToken);
    }

    private async Task<TimeSpan?> RemoveAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        foreach (var stray in view.Nics.Get(key) is { } nic ? StraysOf(nic).ToArray() : [])
        {
            await status.RemoveAsync(key, stray.PodUid, stray.ContainerId, cancellationToken);
            logger.LogInformation("{Nic} named pod {Pod} on this node, where there is none", key, stray.PodName);
        }

        return null;
    }

    // An attachment is in the journal before it is in its Nic, and goes from there after.
    private IEnumerable<NicAttachment> StraysOf(Nic nic) => (nic.Status?.Attachments ?? [])
        .Where(each => each.Node == node && journal.Find(new AttachmentKey(each.ContainerId ?? "", each.Interface ?? "")) is null);
}
