using Cni.Agent.Journal;
using Fabric.Kube;
using Fabric.Kube.Transport;
using Fabric.Resources;
using Microsoft.Extensions.Logging;

namespace Cni.Agent.Nics;

/// <summary>
/// Removes the Nics of this node's containers that no journal knows: left by a node that lost its disk, or an agent of before a
/// reboot. Once, when the agent starts: later ones are all in the journal.
/// </summary>
internal sealed class StrayContainers(
    KubeClient client, AttachmentJournal journal, ContainerNics containers, string node, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    /// <summary>Does it; tries again until the API has answered.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        for (var wait = FirstWait; ; wait = wait * 2 < LongestWait ? wait * 2 : LongestWait)
        {
            try
            {
                await RemoveAsync(cancellationToken);
                return;
            }
            catch (KubeException e)
            {
                logger.LogWarning("Nics cannot be looked through for containers that are no more, again in {Wait}: {Message}", wait, e.Message);
                await Task.Delay(wait, time, cancellationToken);
            }
        }
    }

    private async Task RemoveAsync(CancellationToken cancellationToken)
    {
        // The journal is read after the list: a Nic made meanwhile was in the journal before it was made.
        var list = await client.Resource(ResourceTypes.Nics).ListAsync(new ListOptions { Fields = $"spec.owner.node={node}" }, cancellationToken);
        var known = journal.ReadAll().Where(record => record.OwnsNic).Select(record => record.Nic).ToHashSet();
        foreach (var nic in list.Items.Where(nic => containers.IsHere(nic) && !known.Contains(ResourceTypes.Nics.KeyOf(nic))))
        {
            await containers.RemoveAsync(ResourceTypes.Nics.KeyOf(nic), nic.Spec.Owner.Uid, cancellationToken);
            logger.LogInformation("{Nic} was for a container of this node that is no more", ResourceTypes.Nics.KeyOf(nic));
        }
    }
}
