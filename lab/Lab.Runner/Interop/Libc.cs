using System.Runtime.InteropServices;

namespace Lab.Runner.Interop;

/// <summary>The C library's calls that the lab needs and .NET does not offer.</summary>
internal static partial class Libc
{
    internal const int SigTerm = 15;
    internal const int SigKill = 9;
    internal const int SigContinue = 18;
    internal const int SigStop = 19;
    internal const int CloneNewNet = 0x40000000;
    internal const int MountDetach = 2;

    /// <summary>kill(2): 0, or -1 and errno (ESRCH when no such process is left).</summary>
    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    internal static partial int Kill(int pid, int sig);

    /// <summary>setns(2) for the calling thread: 0, or -1 and errno.</summary>
    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    internal static partial int SetNs(SafeHandle fd, int nstype);

    /// <summary>umount2(2): 0, or -1 and errno (EINVAL when the target is no mount point).</summary>
    [LibraryImport("libc", EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Unmount(string target, int flags);

    /// <summary>sched_setaffinity(2): 0, or -1 and errno.</summary>
    [LibraryImport("libc", EntryPoint = "sched_setaffinity", SetLastError = true)]
    internal static partial int SetAffinity(int thread, nuint bytes, ulong[] mask);

    /// <summary>sched_getaffinity(2): 0, or -1 and errno.</summary>
    [LibraryImport("libc", EntryPoint = "sched_getaffinity", SetLastError = true)]
    internal static partial int GetAffinity(int thread, nuint bytes, [Out] ulong[] mask);
}
