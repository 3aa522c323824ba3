using Cni.Agent.Journal;
using Cni.Agent.Nics;
using Cni.Agent.Observing;
using Cni.Agent.Requests;
using Cni.Agent.Serving;
using Cni.Agent.Shaping;
using Cni.Netlink;
using Cni.Protocol;
using Fabric.Resources;
using Microsoft.Extensions.Logging;
using Ovs.Ovsdb;
using Vmnet.KubeVirt;

namespace Cni.Agent.Attaching;

/// <summary>
/// What the commands of the specification do. Each attachment is worked on by one request at a time; every step is in the
/// journal before it is taken.
/// </summary>
internal sealed class Attachments(
    AttachmentJournal journal,
    NicFinder nics,
    ContainerNics containers,
    AttachmentStatus status,
    EndpointBuilder endpoints,
    EndpointInspector inspector,
    Releases releases,
    AnsweredAdds answered,
    AttachmentReports reports,
    NicShaping shaping,
    SwitchPorts ports,
    Turns<AttachmentKey> turns,
    Steps steps,
    TimeProvider time,
    INodeHealth health,
    ILogger logger)
{
    // A request that failed removes what it made also when its own time is over, but does not hang on a dead switch: what
    // then stays is removed in the background.
    private static readonly TimeSpan UnwindBudget = TimeSpan.FromSeconds(10);

    /// <summary>Carries out one request.</summary>
    /// <exception cref="CniFailure">It cannot be granted.</exception>
    internal async Task<CniReply> HandleAsync(CniRequest request, CancellationToken cancellationToken) => request.Command switch
    {
        "ADD" => CniReply.Of(await InTurnAsync(request, AddAsync, cancellationToken), request.Config.CniVersion!),
        "DEL" => await InTurnAsync(request, DeleteAsync, cancellationToken),
        "CHECK" => await InTurnAsync(request, CheckAsync, cancellationToken),
        "GC" => await CollectAsync(request, cancellationToken),
        "STATUS" => await ReportAsync(request, cancellationToken),
        _ => throw new CniFailure(CniErrorCode.InvalidEnvironment, $"CNI_COMMAND={request.Command} is not known"),
    };

    private async Task<CniResult> AddAsync(CniRequest request, AttachmentKey key, CancellationToken cancellationToken)
    {
        var asked = AttachmentRequest.Of(request);
        if (journal.Find(key) is { } earlier)
        {
            if (answered.Has(key) && earlier.Step is AttachmentStep.Finished && earlier.Netns == asked.Netns)
            {
                throw new CniFailure(
                    CniErrorCode.InvalidEnvironment, $"container {key.ContainerId} has {key.Interface} already (CNI_CONTAINERID, CNI_IFNAME)", "Ask for DEL first");
            }

            if (earlier.Result is { } result && earlier.Netns == asked.Netns && inspector.FaultOf(earlier) is null)
            {
                // The agent, or the plugin, was ended between making the attachment and answering: the answer is the same.
                return Answer(asked, result);
            }

            await releases.RemoveAsync(earlier, cancellationToken);
        }

        return asked.Container is { } container
            ? await AddContainerAsync(asked, container, cancellationToken)
            : await AddPodAsync(asked, asked.Pod!, cancellationToken);
    }

    private async Task<CniResult> AddPodAsync(AttachmentRequest asked, PodReference reference, CancellationToken cancellationToken)
    {
        var pod = await nics.FindPodAsync(reference, cancellationToken);
        var wanted = await nics.NicOfAsync(pod, asked.Key.Interface, cancellationToken);
        RequestTimeline.Mark(RequestStep.Pod);
        var nic = await ReadyAsync(asked, wanted, cancellationToken);
        var record = RecordOf(asked, wanted, pod.Metadata.Name!, pod.Metadata.Uid!) with
        {
            IfaceId = nic.Status!.Port, Subnet = nic.Spec.Subnet, IsVm = LauncherPod.IsLauncher(pod),
        };
        return Answer(asked, await MakeOrUnwindAsync(status.WithMigration(record, pod, nic), nic, asked.DefaultRoute, cancellationToken));
    }

    private async Task<CniResult> AddContainerAsync(AttachmentRequest asked, ContainerOwner container, CancellationToken cancellationToken)
    {
        var wanted = containers.NicOf(container, asked.Key.Interface);
        var record = RecordOf(asked, wanted, container.Name, wanted.OwnerUid) with { OwnsNic = true };
        // Before the Nic is made: what was made is then found, whatever happens.
        Write(record);
        Nic nic;
        try
        {
            await containers.EnsureAsync(container, asked.Key.Interface, asked.Wish, cancellationToken);
            nic = await ReadyAsync(asked, wanted, cancellationToken);
        }
        catch
        {
            await UnwindAsync(record);
            throw;
        }

        return Answer(asked, await MakeOrUnwindAsync(record with { IfaceId = nic.Status!.Port, Subnet = nic.Spec.Subnet }, nic, asked.DefaultRoute, cancellationToken));
    }

    private async Task<Nic> ReadyAsync(AttachmentRequest asked, NicOfWorkload wanted, CancellationToken cancellationToken)
    {
        var nic = await nics.WaitReadyAsync(wanted, cancellationToken);
        RequestTimeline.Mark(RequestStep.Nic);
        return asked.Wish.Disagreement(nic) is { } failure ? throw failure : nic;
    }

    private CniResult Answer(AttachmentRequest asked, CniResult own)
    {
        answered.Add(asked.Key);
        return asked.Answer(own);
    }

    private AttachmentRecord RecordOf(AttachmentRequest asked, NicOfWorkload wanted, string name, string uid) => new()
    {
        ContainerId = asked.Key.ContainerId,
        Interface = asked.Key.Interface,
        Ifname = asked.Ifname == asked.Key.Interface ? null : asked.Ifname,
        Network = asked.Network,
        Netns = asked.Netns,
        Step = AttachmentStep.Pending,
        NicNamespace = wanted.Key.Namespace!,
        NicName = wanted.Key.Name,
        PodName = name,
        PodUid = uid,
        SwitchPort = DeviceNames.SwitchPortOf(uid, wanted.Key),
        Since = time.GetUtcNow(),
    };

    private async Task<CniResult> MakeOrUnwindAsync(AttachmentRecord record, Nic nic, bool? defaultRoute, CancellationToken cancellationToken)
    {
        try
        {
            return await MakeAsync(record, nic, defaultRoute, cancellationToken);
        }
        catch
        {
            await UnwindAsync(record);
            throw;
        }
    }

    private async Task UnwindAsync(AttachmentRecord record)
    {
        using var budget = new CancellationTokenSource(UnwindBudget);
        try
        {
            await releases.RemoveAsync(record, budget.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or OvsdbException)
        {
            logger.LogWarning("What was made for pod {Pod} could not be removed at once: {Message}", record.PodName, e.Message);
        }
    }

    private async Task<CniResult> MakeAsync(AttachmentRecord record, Nic nic, bool? defaultRoute, CancellationToken cancellationToken)
    {
        if (!status.IsBoundHere(nic))
        {
            // The control plane binds the port to this node by it, while the devices are being made.
            Write(record);
            await steps.TakeAsync(AttachStep.Reported, () => status.SetAsync(record, AttachmentPhase.Pending, cancellationToken));
        }

        Write(record with { Step = AttachmentStep.Started });
        var plan = EndpointPlan.Of(record, nic) with { DefaultRoute = defaultRoute };
        var result = await endpoints.MakeAsync(plan, cancellationToken);
        Write(record with { Step = AttachmentStep.Finished, Result = result });
        reports.Add(record.Key);
        shaping.Look(record.Key);
        logger.LogDebug(
            "{Nic} is attached to pod {Pod} as {Device}: {Addresses}", $"{record.NicNamespace}/{record.NicName}", record.PodName, record.Interface, nic.Status!.Addresses);
        return result;
    }

    private void Write(AttachmentRecord record) => steps.Take(AttachStep.Journalled, () => journal.Write(record));

    private Task<CniReply> DeleteAsync(CniRequest request, AttachmentKey key, CancellationToken cancellationToken) =>
        RemoveAsync(key, cancellationToken);

    private async Task<CniReply> RemoveAsync(AttachmentKey key, CancellationToken cancellationToken)
    {
        if (journal.Find(key) is { } record)
        {
            await releases.RemoveAsync(record, cancellationToken);
            logger.LogDebug("{Nic} is detached from pod {Pod}", $"{record.NicNamespace}/{record.NicName}", record.PodName);
        }
        else
        {
            // Nothing is known of it: still, nothing of its names may stay, and no port that nothing is known of either.
            endpoints.Unlink(DeviceNames.EndpointOf(key));
            ports.LookForStrays();
        }

        return CniReply.Done;
    }

    private Task<CniReply> CheckAsync(CniRequest request, AttachmentKey key, CancellationToken cancellationToken)
    {
        var (expected, fault) = CheckRequest.Of(request, journal.Find(key));
        return (fault ?? inspector.FaultOf(expected!)) is { } found
            ? throw new CniFailure(CniErrorCode.NotAsMade, $"attachment {key.ContainerId} {key.Interface}: {found}")
            : Task.FromResult(CniReply.Done);
    }

    private async Task<CniReply> ReportAsync(CniRequest request, CancellationToken cancellationToken)
    {
        var fault = await health.FaultAsync(cancellationToken);
        if (fault is null && request.Config.Namespace is { Length: > 0 } ns)
        {
            fault = await containers.FaultAsync(ns, request.Config.Subnet, cancellationToken) is { } message ? new NodeFault(message, CutsOff: false) : null;
        }

        return fault is null
            ? CniReply.Done
            : throw new CniFailure(fault.CutsOff ? CniErrorCode.LimitedConnectivity : CniErrorCode.NotAvailable, $"pods cannot be attached now: {fault.Message}");
    }

    private async Task<CniReply> CollectAsync(CniRequest request, CancellationToken cancellationToken)
    {
        var network = RequestRules.NetworkOf(request);
        var valid = (RequestRules.Read("cni.dev/valid-attachments", request.Config.ReadValidAttachments)
            ?? throw new CniFailure(CniErrorCode.InvalidConfig, "the configuration has no cni.dev/valid-attachments"))
            .Select(each => new AttachmentKey(each.ContainerId, each.Ifname)).ToHashSet();
        var failures = new List<string>();
        foreach (var record in journal.ReadAll().Where(record => record.Network == network && !valid.Contains(record.RuntimeKey)))
        {
            try
            {
                await turns.RunAsync(record.Key, ct => RemoveAsync(record.Key, ct), cancellationToken);
            }
            catch (Exception e) when (e is OvsdbException or IOException or NetlinkException)
            {
                // The others go all the same.
                failures.Add($"{record.ContainerId} {record.Interface}: {e.Message}");
            }
        }

        return failures.Count == 0 ? CniReply.Done : throw new CniFailure(CniErrorCode.TryAgainLater, $"{failures.Count} attachments could not be removed", string.Join("; ", failures));
    }

    private Task<T> InTurnAsync<T>(CniRequest request, Func<CniRequest, AttachmentKey, CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        var key = RequestRules.KeyOf(request);
        return turns.RunAsync(
            key,
            ct =>
            {
                RequestTimeline.Mark(RequestStep.Turn);
                return work(request, key, ct);
            },
            cancellationToken);
    }
}
