using Bpf.Interop.Native;

namespace Bpf.Interop;

/// <summary>A ring buffer by which a program wakes whoever waits for it; what is in it is not read, so that it wakes once.</summary>
public sealed class BpfWakeUp : IDisposable
{
    private readonly BpfFileDescriptor _descriptor;

    internal BpfWakeUp(BpfFileDescriptor descriptor) => _descriptor = descriptor;

    /// <summary>Waits on this thread until a program has written something.</summary>
    /// <returns>Whether one has; false when the time is up.</returns>
    public bool Wait(TimeSpan patience)
    {
        var waiting = new LibC.PollFd { fd = (int)_descriptor.DangerousGetHandle(), events = LibC.POLLIN };
        return LibC.poll(ref waiting, 1, (int)patience.TotalMilliseconds) > 0;
    }

    /// <inheritdoc/>
    public void Dispose() => _descriptor.Dispose();
}
