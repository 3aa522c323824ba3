using Cni.Agent.Journal;
using Cni.Agent.Serving;
using Cni.Protocol;
using Fabric.Kube;
using Fabric.Resources;
using Fabric.Resources.Core;
using Vmnet.KubeVirt;

namespace Cni.Agent.Nics;

/// <summary>This node's attachments in the status of Nics: what the control plane binds ports by.</summary>
internal sealed class AttachmentStatus(KubeClient client, string node, TimeProvider time, Func<string?> agent)
{
    /// <summary>Whether the control plane binds the Nic's port to this node, or is about to.</summary>
    internal bool IsBoundHere(Nic nic) => nic.Status?.Node == node;

    /// <summary>The record of a pod's attachment, with the migration by which its Nic is to come to this node, if it is on another one.</summary>
    internal AttachmentRecord WithMigration(AttachmentRecord record, Pod pod, Nic nic) =>
        nic.Status is { Node: { } home } status && home != node && pod.Metadata.Label(KubeVirtApi.MigrationJobLabel) is { } uid
            && status.Attachments.FirstOrDefault(each => each.Node == home && each.PodUid != pod.Metadata.Uid) is { } source
                ? record with { Migration = uid, SourceNode = source.Node, SourceAgent = source.Agent, LeftToOvn = nic.Metadata.Annotation(FabricApi.ActivationStrategyAnnotation) == "rarp" }
                : record;

    /// <summary>Says that the attachment is there, in this phase; a repeated call changes nothing.</summary>
    /// <exception cref="CniFailure">The Nic is gone.</exception>
    internal async Task SetAsync(AttachmentRecord record, AttachmentPhase phase, CancellationToken cancellationToken) =>
        _ = await client.Resource(ResourceTypes.Nics).MutateStatusAsync(
            KeyOf(record),
            nic =>
            {
                var status = nic.Status ?? new NicStatus();
                var old = status.Attachments.FirstOrDefault(each => each.PodUid == record.PodUid);
                var wanted = (old ?? new NicAttachment { Node = node, PodName = record.PodName, PodUid = record.PodUid, Phase = phase, Since = time.GetUtcNow() }) with
                {
                    ContainerId = record.ContainerId,
                    Interface = record.Interface,
                    Phase = phase,
                    Agent = record.IsVm ? agent() : null,
                };
                return nic with { Status = status with { Attachments = [.. status.Attachments.Where(each => each.PodUid != record.PodUid), wanted] } };
            },
            cancellationToken) ?? throw new CniFailure(CniErrorCode.TryAgainLater, $"Nic {KeyOf(record)} was deleted while it was being attached");

    /// <summary>
    /// Whether a Nic whose VM has come to this node is given to it before another leaves it: the source has begun to stand still for it, or neither has
    /// and its migration is the lower by uid. Both nodes see it alike.
    /// </summary>
    internal async Task<bool> ComesFirstAsync(ObjectKey coming, string leaving, CancellationToken cancellationToken) =>
        (await client.Resource(ResourceTypes.Nics).GetAsync(coming, cancellationToken))?.Status is { Migration: { Phase: NicMigrationPhase.Activated } migration } status
        && migration.TargetNode == node
        && (status.Attachments.Any(each => each.PodUid == migration.SourcePodUid && each.QuietFor == migration.Uid) || string.CompareOrdinal(migration.Uid, leaving) < 0);

    /// <summary>Changes what is said of the attachment besides; nothing happens when it is not said at all.</summary>
    internal Task ChangeAsync(AttachmentRecord record, Func<NicAttachment, NicAttachment> change, CancellationToken cancellationToken) =>
        client.Resource(ResourceTypes.Nics).MutateStatusAsync(
            KeyOf(record),
            nic => nic.Status is { } status && status.Attachments.Any(each => each.PodUid == record.PodUid)
                ? nic with { Status = status with { Attachments = [.. status.Attachments.Select(each => each.PodUid == record.PodUid ? change(each) : each)] } }
                : null,
            cancellationToken);

    /// <summary>
    /// Takes the attachment out. One of the same pod but of another sandbox is a newer one and stays; a Nic that is gone
    /// has none.
    /// </summary>
    internal Task RemoveAsync(AttachmentRecord record, CancellationToken cancellationToken) =>
        RemoveAsync(KeyOf(record), record.PodUid, record.ContainerId, cancellationToken);

    /// <inheritdoc cref="RemoveAsync(AttachmentRecord, CancellationToken)"/>
    internal Task RemoveAsync(ObjectKey key, string podUid, string? containerId, CancellationToken cancellationToken) =>
        client.Resource(ResourceTypes.Nics).MutateStatusAsync(
            key,
            nic => nic.Status is { } status && status.Attachments.Any(each => Is(each, podUid, containerId))
                ? nic with { Status = status with { Attachments = [.. status.Attachments.Where(each => !Is(each, podUid, containerId))] } }
                : null,
            cancellationToken);

    /// <summary>Says whether the node holds the Nic to its limits, or that there is nothing to say.</summary>
    /// <param name="key">The Nic; one that is gone needs to hear nothing.</param>
    /// <param name="fault">What is not enforced and why; null when all is.</param>
    internal Task SetQosFaultAsync(ObjectKey key, string? fault, CancellationToken cancellationToken) =>
        client.Resource(ResourceTypes.Nics).MutateStatusAsync(
            key,
            nic => nic.Status is { } status && !IsQosFaultSaid(nic, fault)
                ? nic with
                {
                    Status = status with
                    {
                        Conditions = fault is null
                            ? status.Conditions.Without(NicQos.EnforcedCondition)
                            : status.Conditions.With(
                                new Condition { Type = NicQos.EnforcedCondition, Status = "False", Reason = "NotSupported", Message = $"Node {node}: {fault}" }, time.GetUtcNow()),
                    },
                }
                : null,
            cancellationToken);

    /// <summary>Whether the Nic says so already.</summary>
    internal bool IsQosFaultSaid(Nic nic, string? fault) =>
        nic.Status?.Conditions.Find(NicQos.EnforcedCondition)?.Message == (fault is null ? null : $"Node {node}: {fault}");

    private static bool Is(NicAttachment attachment, string podUid, string? containerId) =>
        attachment.PodUid == podUid && attachment.ContainerId == containerId;

    private static ObjectKey KeyOf(AttachmentRecord record) => new(record.NicNamespace, record.NicName);
}
