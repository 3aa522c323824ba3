using Cni.Agent.Journal;
using Cni.Agent.Requests;

namespace Cni.Agent.Attaching;

/// <summary>
/// Takes attachments away: the devices at once, the line in the Nic's status behind. A DEL never waits for the API, and nothing is
/// forgotten: what is left to do is in the journal and is tried until it is done.
/// </summary>
internal sealed class Releases(AttachmentJournal journal, EndpointBuilder endpoints, SwitchPorts ports, AttachmentReports reports, AnsweredAdds answered, Steps steps)
{
    /// <summary>Removes an attachment, within its turn.</summary>
    internal async Task RemoveAsync(AttachmentRecord record, CancellationToken cancellationToken)
    {
        Mark(record);
        await endpoints.RemoveAsync(record, cancellationToken);
        reports.Add(record.Key);
    }

    /// <summary>Removes an attachment that an earlier agent left; for the switch it does not wait.</summary>
    internal void Abandon(AttachmentRecord record)
    {
        Mark(record);
        endpoints.Unlink(DeviceNames.EndpointOf(record.Key));
        ports.Look(DeviceNames.Of(record).SwitchPort);
        reports.Add(record.Key);
    }

    private void Mark(AttachmentRecord record)
    {
        answered.Remove(record.Key);
        steps.Take(AttachStep.Journalled, () => journal.WriteOrRemember(record with { Step = AttachmentStep.Releasing }));
    }
}
