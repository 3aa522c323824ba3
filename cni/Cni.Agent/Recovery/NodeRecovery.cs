using Cni.Agent.Attaching;
using Cni.Agent.Journal;
using Cni.Agent.Migrating;
using Cni.Netlink;
using Microsoft.Extensions.Logging;

namespace Cni.Agent.Recovery;

/// <summary>What to do with an attachment that an earlier agent left in the journal.</summary>
internal enum RecoveryAction
{
    /// <summary>It is whole and lives: go on with it, and make its port again if that is gone.</summary>
    Keep,

    /// <summary>It was never whole, or its container is gone: remove it.</summary>
    Remove,

    /// <summary>Its removal was begun: go on with it.</summary>
    Release,
}

/// <summary>Brings the node in line with the journal when an agent starts: after a crash, an upgrade, or a reboot.</summary>
internal sealed class NodeRecovery(
    AttachmentJournal journal, RouteSocket node, SwitchPorts ports, Releases releases, AttachmentReports reports, VmEndpoints vms, ILogger logger)
{
    /// <summary>Decides what becomes of one attachment.</summary>
    internal static RecoveryAction Decide(AttachmentStep step, bool containerLives) => step switch
    {
        AttachmentStep.Releasing => RecoveryAction.Release,
        AttachmentStep.Finished when containerLives => RecoveryAction.Keep,
        _ => RecoveryAction.Remove,
    };

    /// <summary>Carries it out for all, and has devices and ports removed that no attachment owns. It waits for nobody.</summary>
    internal void Run()
    {
        // Of two containers of one pod the newer has the port: it comes last.
        var records = journal.ReadAll().OrderBy(record => record.Since ?? DateTimeOffset.MinValue).ToArray();
        var kept = new List<AttachmentRecord>();
        foreach (var record in records)
        {
            if (Decide(record.Step, Lives(record)) is RecoveryAction.Keep)
            {
                // A switch that is itself being restarted has its ports later.
                if (ports.TakeOver(record) is { } devices)
                {
                    vms.Resume(record, devices);
                }

                reports.Add(record.Key);
                kept.Add(record);
            }
            else
            {
                releases.Abandon(record);
            }
        }

        RemoveStrays(records, kept);
        logger.LogInformation("Found {Count} attachments in the journal, {Kept} go on", records.Length, kept.Count);
    }

    private bool Lives(AttachmentRecord record) => File.Exists(record.Netns) && node.FindLink(DeviceNames.EndpointOf(record.Key)) is not null;

    private void RemoveStrays(IEnumerable<AttachmentRecord> records, IEnumerable<AttachmentRecord> kept)
    {
        ports.LookForStrays();
        var known = records.Select(record => DeviceNames.EndpointOf(record.Key)).ToHashSet(StringComparer.Ordinal);
        var sums = kept.Select(record => record.Subnet).OfType<string>().Distinct().Select(DeviceNames.SumOf)
            .SelectMany(sum => new[] { sum.Ingress.Near, sum.Egress.Near }).ToHashSet(StringComparer.Ordinal);
        foreach (var link in node.GetLinks().Where(link => IsStray(link.Name)))
        {
            node.DeleteLink(link.Name);
        }

        bool IsStray(string device) => DeviceNames.EndpointOfShaper(device) is { } shaped ? !known.Contains(shaped)
            : DeviceNames.IsSum(device) ? !sums.Contains(device)
            : DeviceNames.IsEndpoint(device) && !known.Contains(device);
    }
}
