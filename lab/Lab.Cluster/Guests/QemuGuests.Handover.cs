using System.Collections.Concurrent;
using Lab.Runner.Qemu;
using Lab.Runner.Relay;
using Lab.Runner.State;

namespace Lab.Cluster.Guests;

internal sealed partial class QemuGuests
{
    // Paths are kept short: they are those of sockets.
    private const string Outgoing = "out.sock";
    private const string Incoming = "in.sock";

    /// <summary>Names the target of the handover that was begun last: QEMU goes on telling of an earlier one.</summary>
    private const string TargetFile = "handover";

    // The memory of a guest under way; when this process ends, so does its way, and the guest goes on where it was.
    private readonly ConcurrentDictionary<string, MigrationRelay> _ways = new(StringComparer.Ordinal);

    public async Task BeginHandoverAsync(Handover handover, CancellationToken cancellationToken)
    {
        try
        {
            var (source, target) = (Open(handover.Source), Open(handover.Target));
            var listening = Path.Combine(folder, handover.Target, Incoming);
            if (!File.Exists(listening))
                await target.Migration.ListenAsync(listening, cancellationToken);
            var leaving = Path.Combine(folder, handover.Source, Outgoing);
            var (from, to) = (NodeOf(handover.SourceNode), NodeOf(handover.TargetNode));
            CloseWay(handover);
            _ways[handover.Target] = MigrationRelay.Listen(leaving, from.Namespace, to.Namespace, to.Address, listening);
            await File.WriteAllTextAsync(Path.Combine(folder, handover.Source, TargetFile), handover.Target, cancellationToken);
            await source.Migration.BeginAsync(leaving, cancellationToken);
            if (GuestMigration.IsStoppedFirst)
                _ = new EmulatedHandover(source.Migration, target.Migration).SeeThroughAsync();
        }
        catch (Exception e) when (e is LabException or IOException)
        {
            CloseWay(handover);
            throw new GuestException(e.Message, e);
        }
    }

    public async Task<HandoverProgress> ReadHandoverAsync(Handover handover, CancellationToken cancellationToken)
    {
        var progress = await LookAsync(handover, cancellationToken);
        if (progress.Phase is HandoverPhase.Done or HandoverPhase.Failed)
            CloseWay(handover);
        return progress;
    }

    public async Task CancelHandoverAsync(Handover handover, CancellationToken cancellationToken)
    {
        try
        {
            if (IsBegun(handover) && GuestMachine.Open(Path.Combine(folder, handover.Source)) is { } source)
                await source.Migration.CancelAsync(cancellationToken);
        }
        catch (LabException e)
        {
            throw new GuestException(e.Message, e);
        }
    }

    private async Task<HandoverProgress> LookAsync(Handover handover, CancellationToken cancellationToken)
    {
        // The target first: once the guest runs there it has gone, whatever becomes of the source.
        try
        {
            if (GuestMachine.Open(Path.Combine(folder, handover.Target)) is { } target && await target.Migration.RunsAsync(cancellationToken))
                return new HandoverProgress(HandoverPhase.Done, "the guest runs on the target");
        }
        catch (LabException)
        {
            // It is ending: the source says what became of the guest.
        }

        try
        {
            if (GuestMachine.Open(Path.Combine(folder, handover.Source)) is not { } source)
                return new HandoverProgress(HandoverPhase.Failed, "the source's QEMU is gone");
            if (!IsBegun(handover))
                return new HandoverProgress(HandoverPhase.None, "not begun");
            var transfer = await source.Migration.ReadAsync(cancellationToken);
            if (GuestMigration.IsStoppedFirst)
                await GoOnAsync(handover, source, transfer, cancellationToken);
            return transfer.Phase switch
            {
                GuestTransferPhase.None => new HandoverProgress(HandoverPhase.None, transfer.Detail),
                GuestTransferPhase.Failed => new HandoverProgress(HandoverPhase.Failed, transfer.Detail),
                GuestTransferPhase.Completed when GuestMachine.Open(Path.Combine(folder, handover.Target)) is null => new HandoverProgress(HandoverPhase.Failed, "the target's QEMU ended after it had all of the guest"),
                _ => new HandoverProgress(HandoverPhase.Active, transfer.Detail),
            };
        }
        catch (LabException e)
        {
            return new HandoverProgress(HandoverPhase.Failed, e.Message);
        }
    }

    /// <summary>An earlier process of the lab may have stopped the guest for the end of its way.</summary>
    private async Task GoOnAsync(Handover handover, GuestMachine source, GuestTransfer transfer, CancellationToken cancellationToken)
    {
        if (GuestMachine.Open(Path.Combine(folder, handover.Target)) is { } target)
            await new EmulatedHandover(source.Migration, target.Migration).GoOnAsync(transfer, cancellationToken);
        else if (transfer.Phase is GuestTransferPhase.Failed)
            await source.Migration.ContinueAsync(cancellationToken);
    }

    private bool IsBegun(Handover handover)
    {
        var file = Path.Combine(folder, handover.Source, TargetFile);
        return File.Exists(file) && File.ReadAllText(file) == handover.Target;
    }

    /// <summary>A guest that comes from elsewhere has printed what it had printed there.</summary>
    private void CopyConsole(string? from, string own)
    {
        var log = Path.Combine(folder, from ?? "", "console.log");
        if (from is not null && File.Exists(log))
            File.Copy(log, Path.Combine(own, "console.log"), overwrite: true);
    }

    private void CloseWay(Handover handover)
    {
        if (_ways.TryRemove(handover.Target, out var way))
            way.Dispose();
    }

    private GuestMachine Open(string uid) => GuestMachine.Open(Path.Combine(folder, uid)) ?? throw new LabException($"no guest runs in launcher {uid}");

    private NodeRecord NodeOf(string name) => nodes.FirstOrDefault(node => node.Name == name) ?? throw new LabException($"the lab has no node {name}");
}
