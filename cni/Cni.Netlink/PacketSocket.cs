using System.Runtime.InteropServices;
using Cni.Netlink.Interop;

namespace Cni.Netlink;

/// <summary>Sends whole frames out by one link (packet(7)); it receives none.</summary>
public sealed class PacketSocket : IDisposable
{
    private readonly FileDescriptor _socket;

    private PacketSocket(FileDescriptor socket) => _socket = socket;

    /// <summary>Opens one in the namespace of the calling thread.</summary>
    /// <exception cref="NetlinkException">There is no such link, or it takes CAP_NET_RAW.</exception>
    public static PacketSocket Open(int linkIndex)
    {
        // Protocol 0: no frame is ever given to it.
        var socket = LibC.socket(LibC.AF_PACKET, LibC.SOCK_RAW | LibC.SOCK_CLOEXEC, 0);
        if (socket.IsInvalid)
            throw new NetlinkException("open a packet socket", (Errno)Marshal.GetLastPInvokeError());
        var address = new LibC.SockaddrLl { sll_family = LibC.AF_PACKET, sll_ifindex = linkIndex };
        if (LibC.bind(socket, in address, (uint)Marshal.SizeOf<LibC.SockaddrLl>()) != 0)
        {
            var errno = (Errno)Marshal.GetLastPInvokeError();
            socket.Dispose();
            throw new NetlinkException($"bind a packet socket to link {linkIndex}", errno);
        }

        return new PacketSocket(socket);
    }

    /// <summary>Sends one frame, its Ethernet header included.</summary>
    /// <returns>Whether the link took it: false when its queue is full or it is down or gone.</returns>
    public bool Send(ReadOnlySpan<byte> frame) => LibC.send(_socket, frame, (nuint)frame.Length, 0) == frame.Length;

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();
}
