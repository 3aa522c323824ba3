using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Bpf.FastPath.Tests.Endpoints;

/// <summary>A kernel tap device held by the test, which reads and writes frames as a userspace switch does.</summary>
internal sealed partial class TapDevice : IDisposable
{
    private const uint TUNSETIFF = 0x400454ca;
    private const short IFF_TAP = 2;
    private const short IFF_NO_PI = 0x1000;
    private const int CLONE_NEWNET = 0x40000000;

    private readonly FileStream _device;

    private TapDevice(SafeFileHandle handle) => _device = new FileStream(handle, FileAccess.ReadWrite, bufferSize: 0, isAsync: false);

    public static TapDevice Open(string netns, string name)
    {
        using var target = Cni.Netlink.NetnsScope.OpenNamespace(netns);
        TapDevice? tap = null;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                Check(setns(target, CLONE_NEWNET));
                var handle = File.OpenHandle("/dev/net/tun", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
                Span<byte> request = stackalloc byte[40];
                request.Clear();
                Encoding.ASCII.GetBytes(name, request);
                MemoryMarshal.Write(request[16..], (short)(IFF_TAP | IFF_NO_PI));
                Check(ioctl(handle, TUNSETIFF, request));
                tap = new TapDevice(handle);
            }
            catch (IOException e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        return tap ?? throw failure!;
    }

    public void Write(ReadOnlySpan<byte> frame) => _device.Write(frame);

    /// <returns>The frame, or an empty one if none came in time.</returns>
    public byte[] Read(TimeSpan within)
    {
        var poll = new PollFd { fd = (int)_device.SafeFileHandle.DangerousGetHandle(), events = 1 };
        if (Check(LibC_poll(ref poll, 1, (int)within.TotalMilliseconds)) == 0)
            return [];
        var buffer = new byte[65536];
        return buffer[.._device.Read(buffer)];
    }

    public void Dispose() => _device.Dispose();

    private static int Check(int result) =>
        result >= 0 ? result : throw new IOException($"error {Marshal.GetLastPInvokeError()}");

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setns(SafeHandle fd, int nstype);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(SafeHandle fd, nuint request, Span<byte> argument);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int LibC_poll(ref PollFd fds, nuint nfds, int timeout);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollFd
    {
        public int fd;
        public short events;
        public short revents;
    }
}
