using System.Runtime.InteropServices;

namespace Cni.Netlink.Interop;

/// <summary>The few calls of the C library that .NET does not offer. Each returns -1 and sets errno on failure.</summary>
internal static partial class LibC
{
    private const string Library = "libc";

    public const int AF_NETLINK = 16;
    public const int AF_PACKET = 17;
    public const int SOCK_RAW = 3;
    public const int SOCK_CLOEXEC = 0x80000;
    public const int NETLINK_ROUTE = 0;

    public const int SOL_SOCKET = 1;
    public const int SO_RCVBUF = 8;
    public const int SO_RCVTIMEO = 20;
    public const int SO_NETNS_COOKIE = 71;
    public const int SOL_NETLINK = 270;
    public const int NETLINK_EXT_ACK = 11;
    public const int NETLINK_GET_STRICT_CHK = 12;

    public const int MSG_TRUNC = 0x20;
    public const int CLONE_NEWNET = 0x40000000;

    /// <summary>struct timeval on 64-bit Linux.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Timeval
    {
        public long tv_sec;
        public long tv_usec;
    }

    /// <summary>struct sockaddr_ll.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct SockaddrLl
    {
        public ushort sll_family;
        public ushort sll_protocol;
        public int sll_ifindex;
        public ushort sll_hatype;
        public byte sll_pkttype;
        public byte sll_halen;
        public ulong sll_addr;
    }

    /// <returns>0, or -1 with errno set.</returns>
    [LibraryImport(Library, SetLastError = true)]
    public static partial int bind(FileDescriptor sockfd, in SockaddrLl addr, uint addrlen);

    /// <returns>The socket, or an invalid handle with errno set.</returns>
    [LibraryImport(Library, SetLastError = true)]
    public static partial FileDescriptor socket(int domain, int type, int protocol);

    /// <returns>0, or -1 with errno set.</returns>
    [LibraryImport(Library, SetLastError = true)]
    public static partial int setsockopt(
        FileDescriptor sockfd, int level, int optname, ReadOnlySpan<byte> optval, uint optlen);

    /// <returns>0, or -1 with errno set.</returns>
    [LibraryImport(Library, SetLastError = true)]
    public static partial int getsockopt(
        FileDescriptor sockfd, int level, int optname, Span<byte> optval, ref uint optlen);

    /// <returns>The bytes sent (a netlink message goes whole or not at all), or -1 with errno set.</returns>
    [LibraryImport(Library, SetLastError = true)]
    public static partial nint send(FileDescriptor sockfd, ReadOnlySpan<byte> buf, nuint len, int flags);

    /// <returns>The length of the datagram (with MSG_TRUNC even if longer than the buffer), or -1 with errno set.</returns>
    [LibraryImport(Library, SetLastError = true)]
    public static partial nint recv(FileDescriptor sockfd, Span<byte> buf, nuint len, int flags);

    /// <summary>Moves the calling thread alone into another namespace; see setns(2).</summary>
    /// <returns>0, or -1 with errno set.</returns>
    [LibraryImport(Library, SetLastError = true)]
    public static partial int setns(SafeHandle fd, int nstype);

    /// <summary>Gives the calling thread alone namespaces of its own; see unshare(2).</summary>
    /// <returns>0, or -1 with errno set.</returns>
    [LibraryImport(Library, SetLastError = true)]
    public static partial int unshare(int flags);

    /// <returns>0, or -1 with errno set (the descriptor is closed all the same).</returns>
    [LibraryImport(Library, SetLastError = true)]
    public static partial int close(int fd);
}
