using Cni.Agent.Attaching;
using Cni.Agent.Journal;
using Cni.Netlink;
using Microsoft.Extensions.Logging;

namespace Cni.Agent.Recovery;

/// <summary>
/// Releases containers without a pod that ended without a DEL, as <c>ctr run --detach</c> leaves them: nobody else would give
/// their addresses back. With the container's namespace went the veth, so its absence is the sign.
/// </summary>
internal sealed class VanishedContainers(AttachmentJournal journal, RouteSocket node, Releases releases, Turns<AttachmentKey> turns, TimeProvider time, ILogger logger)
{
    // An address that comes back half a minute late is no loss; a look costs one question to the kernel a container.
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(30);

    /// <summary>Looks for them until cancelled.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            await ReleaseAsync(cancellationToken);
        }
    }

    /// <summary>Looks once.</summary>
    internal async Task ReleaseAsync(CancellationToken cancellationToken)
    {
        foreach (var seen in journal.ReadAll().Where(IsVanished))
        {
            try
            {
                await turns.RunAsync(seen.Key, inTurn => ReleaseAsync(seen.Key, inTurn), cancellationToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // It stays in the journal as one to be released, and is tried again.
                logger.LogWarning("{Container} is gone and cannot be released yet: {Message}", seen.ContainerId, e.Message);
            }
        }
    }

    private async Task<bool> ReleaseAsync(AttachmentKey key, CancellationToken cancellationToken)
    {
        if (journal.Find(key) is not { } record || !IsVanished(record))
        {
            return false;
        }

        await releases.RemoveAsync(record, cancellationToken);
        logger.LogInformation("{Nic}: container {Container} ended without a DEL", $"{record.NicNamespace}/{record.NicName}", record.ContainerId);
        return true;
    }

    private bool IsVanished(AttachmentRecord record) =>
        record is { OwnsNic: true, Step: AttachmentStep.Finished } && node.FindLink(DeviceNames.EndpointOf(record.Key)) is null;
}
