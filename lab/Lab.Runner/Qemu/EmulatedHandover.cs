using Lab.Runner.State;

namespace Lab.Runner.Qemu;

/// <summary>
/// The end of an emulated guest's way to another QEMU: it is stopped here before QEMU looks for pages that changed, and told to go on where it
/// then is, as libvirt does.
/// </summary>
/// <remarks>
/// Left to itself QEMU looks for changed pages while the guest runs, and loses some: it clears a page's dirty bit while the
/// emulator, which has just looked at that bit, stops watching the page (notdirty_write in accel/tcg/cputlb.c of 7.2; an RFC patch to
/// qemu-devel of 20 February 2024 describes it). On a busy machine a guest that was talked to came out of one of some ten moves with a
/// kernel panic, or with virtio_net's "id 1 is not a head".
/// </remarks>
public sealed class EmulatedHandover(GuestMigration source, GuestMigration target)
{
    // QEMU looks when nothing is left to send. At 64 MiB/s, to which it is held until then, this much is left for an eighth of a second.
    private const long LastBytes = 8 << 20;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    /// <summary>Sees a handover that has begun to its end.</summary>
    public async Task SeeThroughAsync()
    {
        try
        {
            await UntilAsync(transfer => transfer.Phase is not GuestTransferPhase.Active || transfer.RemainingBytes is > 0 and <= LastBytes);
            await source.StopAsync(CancellationToken.None);
            await GoOnAsync(await UntilAsync(transfer => transfer.Phase is not GuestTransferPhase.Active), CancellationToken.None);
        }
        catch (LabException)
        {
            // One of the two is gone, or does not answer: who looks at the handover next sees what became of it.
        }
    }

    /// <summary>Has the guest of a handover that has ended go on, there or here; one that runs goes on running.</summary>
    /// <exception cref="LabException">Its QEMU is gone.</exception>
    public Task GoOnAsync(GuestTransfer transfer, CancellationToken cancellationToken) => transfer.Phase switch
    {
        GuestTransferPhase.Completed => target.ContinueAsync(cancellationToken),
        GuestTransferPhase.Failed => source.ContinueAsync(cancellationToken),
        _ => Task.CompletedTask,
    };

    private async Task<GuestTransfer> UntilAsync(Func<GuestTransfer, bool> isSo)
    {
        GuestTransfer transfer;
        while (!isSo(transfer = await source.ReadAsync(CancellationToken.None)))
            await Task.Delay(Pause);
        return transfer;
    }
}
