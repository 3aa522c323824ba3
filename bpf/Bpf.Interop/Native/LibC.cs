using System.Runtime.InteropServices;

namespace Bpf.Interop.Native;

internal static unsafe partial class LibC
{
    /// <summary>Formats what libbpf prints; a va_list reaches a callee as a pointer on x86-64 and arm64.</summary>
    /// <returns>The length of the whole text, even where it was cut to fit.</returns>
    [LibraryImport("libc")]
    public static partial int vsnprintf(byte* str, nuint size, byte* format, nint ap);

    /// <summary>Duplicates a descriptor above a number; the copy is closed on exec.</summary>
    public const int F_DUPFD_CLOEXEC = 1030;

    /// <returns>The new descriptor, or -1 with errno.</returns>
    [LibraryImport("libc", SetLastError = true)]
    public static partial int fcntl(int fd, int op, int arg);

    /// <returns>0, or -1 with errno.</returns>
    [LibraryImport("libc", SetLastError = true)]
    public static partial int close(int fd);

    public const int PROT_READ = 1;
    public const int PROT_WRITE = 2;
    public const int MAP_SHARED = 1;
    public const short POLLIN = 1;

    /// <summary>struct pollfd.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct PollFd
    {
        public int fd;
        public short events;
        public short revents;
    }

    /// <returns>The address, or -1 with errno.</returns>
    [LibraryImport("libc", SetLastError = true)]
    public static partial nint mmap(nint addr, nuint length, int prot, int flags, int fd, nint offset);

    /// <returns>0, or -1 with errno.</returns>
    [LibraryImport("libc", SetLastError = true)]
    public static partial int munmap(nint addr, nuint length);

    /// <returns>How many descriptors have something, 0 when the time is up, or -1 with errno.</returns>
    [LibraryImport("libc", SetLastError = true)]
    public static partial int poll(ref PollFd fds, nuint nfds, int timeout);
}
