using System.Runtime.InteropServices;
using System.Text;
using Cni.Netlink;
using Microsoft.Win32.SafeHandles;
using Node.Testing;

namespace Cni.Datapath.Tests.Traffic;

/// <summary>
/// Stands where QEMU stands: reads frames with virtio's header from a tap that is bridged to the pod's device, and gives them
/// to a guest, which is another namespace with a tap of the same kind.
/// </summary>
internal sealed partial class VirtioMachine : IDisposable
{
    private const nuint TUNSETIFF = 0x400454ca;
    private const nuint TUNSETOFFLOAD = 0x400454d0;
    private const short TapWithHeader = 0x0002 | 0x1000 | 0x4000;
    private const nint ChecksumAndSegmentation = 1 | 2 | 4;

    private readonly TestNetns _guest = new("vm", ipv6: true);
    private readonly SafeFileHandle _near;
    private readonly SafeFileHandle _far;
    private readonly Thread[] _copying;
    private volatile bool _ended;

    public VirtioMachine(string podNamespace, string mac, int mtu)
    {
        _near = Open(TestNetns.PathOf(podNamespace), "tap0");
        _guest.Run("sysctl", "-qw", "net.ipv6.conf.default.accept_dad=0", "net.ipv6.conf.all.accept_dad=0", "net.ipv6.conf.default.accept_ra=0");
        _far = Open(_guest.Path, "eth0");
        // As KubeVirt's bridge binding does it: the MAC and the address are the guest's, the pod's device is a port.
        Command.Run("nsenter", $"--net={TestNetns.PathOf(podNamespace)}", "sh", "-ec", $"""
            sysctl -qw net.ipv6.conf.all.disable_ipv6=1
            ip link set eth0 address 02:00:00:00:99:99
            ip link add name k6t mtu {mtu} type bridge
            for port in eth0 tap0; do
              ip link set "$port" mtu {mtu} master k6t
              ip link set "$port" up
            done
            ip link set k6t up
            """);
        _guest.Run("ip", "link", "set", "eth0", "address", mac, "mtu", $"{mtu}");
        _copying = [new Thread(() => Copy(_near, _far)) { IsBackground = true }, new Thread(() => Copy(_far, _near)) { IsBackground = true }];
        foreach (var thread in _copying)
            thread.Start();
    }

    /// <summary>The guest's namespace, with eth0.</summary>
    public string Guest => _guest.Name;

    public void Dispose()
    {
        _ended = true;
        foreach (var thread in _copying)
            thread.Join();
        _near.Dispose();
        _far.Dispose();
        _guest.Dispose();
    }

    private void Copy(SafeFileHandle from, SafeFileHandle to)
    {
        var frame = new byte[128 << 10];
        while (!_ended)
        {
            var poll = new PollFd { fd = (int)from.DangerousGetHandle(), events = 1 };
            if (Poll(ref poll, 1, 100) <= 0)
                continue;
            var length = Read(from, frame, (nuint)frame.Length);
            if (length > 0)
                _ = Write(to, frame, (nuint)length);
        }
    }

    private static SafeFileHandle Open(string netns, string name) => NetnsScope.Run(netns, () =>
    {
        var handle = File.OpenHandle("/dev/net/tun", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        Span<byte> request = stackalloc byte[40];
        request.Clear();
        Encoding.ASCII.GetBytes(name, request);
        MemoryMarshal.Write(request[16..], TapWithHeader);
        if (SetInterface(handle, TUNSETIFF, request) < 0 || SetOffload(handle, TUNSETOFFLOAD, ChecksumAndSegmentation) < 0)
            throw new IOException($"tap {name}: error {Marshal.GetLastPInvokeError()}");
        return handle;
    });

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int SetInterface(SafeHandle fd, nuint request, Span<byte> argument);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int SetOffload(SafeHandle fd, nuint request, nint argument);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(ref PollFd fds, nuint nfds, int timeout);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint Read(SafeHandle fd, byte[] buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(SafeHandle fd, byte[] buffer, nuint count);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollFd
    {
        public int fd;
        public short events;
        public short revents;
    }
}
