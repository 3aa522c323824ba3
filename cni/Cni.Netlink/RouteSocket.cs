using System.Runtime.InteropServices;
using Cni.Netlink.Interop;
using Cni.Netlink.Messages;

namespace Cni.Netlink;

/// <summary>
/// A conversation with rtnetlink(7) in one network namespace: the one the socket was opened in, whichever thread uses
/// it later. Open it with <see cref="NetnsScope"/>.
/// </summary>
/// <remarks>
/// The calls block: the kernel answers before send(2) returns, after waiting for its RTNL lock, which removing
/// devices may hold for tens of milliseconds. Requests of several threads are taken one at a time.
/// </remarks>
public sealed partial class RouteSocket : IDisposable
{
    // The kernel fills dump datagrams up to 32 KiB; one link with many virtual functions can be larger.
    private const int ReceiveBufferBytes = 64 * 1024;

    // Room for the longest request here, a veth pair: seven attributes, two names of 16 bytes.
    private const int RequestBytes = 512;

    // The answer is there when send returns; the limit only keeps a kernel bug from hanging the caller.
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(10);

    private readonly FileDescriptor _socket;
    private readonly Lock _turn = new();
    private readonly byte[] _received = new byte[ReceiveBufferBytes];
    private uint _sequence;

    private RouteSocket(FileDescriptor socket) => _socket = socket;

    private delegate void AnswerHandler(ushort type, ReadOnlySpan<byte> payload);

    /// <summary>
    /// The kernel's number for the socket's namespace (SO_NETNS_COOKIE, socket(7)): never zero, and not used again
    /// for another namespace until the machine restarts, unlike the path or inode of a namespace.
    /// </summary>
    public ulong NetnsCookie
    {
        get
        {
            Span<byte> cookie = stackalloc byte[sizeof(ulong)];
            var length = (uint)cookie.Length;
            if (LibC.getsockopt(_socket, LibC.SOL_SOCKET, LibC.SO_NETNS_COOKIE, cookie, ref length) != 0)
                throw LastError("read the namespace's cookie");
            return MemoryMarshal.Read<ulong>(cookie);
        }
    }

    /// <summary>Opens a socket in the calling thread's network namespace.</summary>
    internal static RouteSocket OpenHere()
    {
        var socket = LibC.socket(LibC.AF_NETLINK, LibC.SOCK_RAW | LibC.SOCK_CLOEXEC, LibC.NETLINK_ROUTE);
        if (socket.IsInvalid)
            throw LastError("open a netlink socket");
        var route = new RouteSocket(socket);
        try
        {
            route.SetOption(LibC.SOL_NETLINK, LibC.NETLINK_EXT_ACK, 1);
            route.SetOption(LibC.SOL_NETLINK, LibC.NETLINK_GET_STRICT_CHK, 1);
            route.SetOption(LibC.SOL_SOCKET, LibC.SO_RCVTIMEO, new LibC.Timeval { tv_sec = (long)AnswerTimeout.TotalSeconds });
            return route;
        }
        catch
        {
            route.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private void SetOption<T>(int level, int option, T value) where T : unmanaged
    {
        var bytes = MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value));
        if (LibC.setsockopt(_socket, level, option, bytes, (uint)bytes.Length) != 0)
            throw LastError($"set netlink socket option {option}");
    }

    /// <summary>Sends a request that carries NLM_F_ACK or NLM_F_DUMP and hands over its answers until it is complete.</summary>
    /// <exception cref="NetlinkException">The kernel's refusal.</exception>
    private void Transact(string operation, RequestWriter request, AnswerHandler? onAnswer = null)
    {
        lock (_turn)
        {
            var sequence = ++_sequence;
            var message = request.Complete(sequence);
            if (LibC.send(_socket, message, (nuint)message.Length, 0) != message.Length)
                throw LastError(operation);
            while (!Receive(operation, sequence, onAnswer))
            {
            }
        }
    }

    /// <returns>Whether the answer is complete.</returns>
    private bool Receive(string operation, uint sequence, AnswerHandler? onAnswer)
    {
        var length = LibC.recv(_socket, _received, (nuint)_received.Length, LibC.MSG_TRUNC);
        if (length < 0)
            throw LastError(operation);
        if (length > _received.Length)
            throw new NetlinkException(operation, Errno.MessageSize, $"an answer of {length} bytes exceeds {_received.Length}");

        var reader = new MessageReader(_received.AsSpan(0, (int)length));
        while (reader.Read())
        {
            // An answer of another number belongs to a request that was given up before.
            if (reader.Header.nlmsg_seq != sequence)
                continue;
            if ((reader.Header.nlmsg_flags & Wire.NLM_F_DUMP_INTR) != 0 && reader.Header.nlmsg_type != Wire.NLMSG_ERROR)
                throw new NetlinkException(operation, Errno.TryAgain, "the table changed while it was read");
            switch (reader.Header.nlmsg_type)
            {
                case Wire.NLMSG_NOOP:
                    break;
                case Wire.NLMSG_DONE:
                case Wire.NLMSG_ERROR:
                    if (!Acknowledgement.TryParse(reader.Header, reader.Payload, out var verdict))
                        throw new NetlinkException(operation, Errno.Invalid, "the kernel's acknowledgement is malformed");
                    if (verdict.Errno != Errno.None)
                        throw new NetlinkException(operation, verdict.Errno, verdict.Text);
                    return true;
                case Wire.NLMSG_OVERRUN:
                    throw new NetlinkException(operation, Errno.NoBuffers);
                default:
                    onAnswer?.Invoke(reader.Header.nlmsg_type, reader.Payload);
                    break;
            }
        }

        return false;
    }

    private static NetlinkException LastError(string operation) => new(operation, (Errno)Marshal.GetLastPInvokeError());
}
