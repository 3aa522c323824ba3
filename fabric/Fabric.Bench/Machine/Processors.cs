using System.ComponentModel;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Fabric.Bench.Machine;

/// <summary>
/// Has the two ends of what is measured stay on two processors. Where the kernel puts a thread that wakes decides whether a round trip takes 25 or
/// 100 microseconds, and it may put the ends of one path together and those of another apart.
/// </summary>
internal static partial class Processors
{
    // cpu_set_t of glibc has 1024 bits.
    private const int Words = 16;
    private const int WordBytes = sizeof(ulong);

    /// <summary>Runs both on threads of their own, on the first and on the last processor that this process may use, until both have ended.</summary>
    /// <exception cref="BenchException">The kernel does not let a thread choose its processor.</exception>
    internal static void RunApart(Action first, Action last)
    {
        var threads = new[] { new Pinned(first, isFirst: true), new Pinned(last, isFirst: false) };
        foreach (var each in threads)
        {
            each.Join();
        }
    }

    /// <summary>Runs this on a thread of its own, on the first processor that this process may use.</summary>
    /// <inheritdoc cref="RunApart" path="/exception"/>
    internal static void RunAlone(Action work) => new Pinned(work, isFirst: true).Join();

    private static void Stay(bool isFirst)
    {
        var allowed = new ulong[Words];
        // Of the process's first thread: this one has what its maker had.
        if (GetAffinity(Environment.ProcessId, Words * WordBytes, allowed) < 0)
        {
            throw new BenchException($"sched_getaffinity: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
        }

        var processors = Enumerable.Range(0, Words * 64).Where(each => (allowed[each / 64] >> (each % 64) & 1) != 0);
        var chosen = isFirst ? processors.First() : processors.Last();
        var mask = new ulong[Words];
        mask[chosen / 64] = 1UL << (chosen % 64);
        if (SetAffinity(0, Words * WordBytes, mask) != 0)
        {
            throw new BenchException($"sched_setaffinity: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
        }
    }

    [LibraryImport("libc", EntryPoint = "sched_setaffinity", SetLastError = true)]
    private static partial int SetAffinity(int thread, nuint bytes, ulong[] mask);

    [LibraryImport("libc", EntryPoint = "sched_getaffinity", SetLastError = true)]
    private static partial int GetAffinity(int thread, nuint bytes, [Out] ulong[] mask);

    /// <summary>A thread that stays, and what it failed of.</summary>
    private sealed class Pinned
    {
        private readonly Thread _thread;
        private ExceptionDispatchInfo? _fault;

        internal Pinned(Action work, bool isFirst)
        {
            _thread = new Thread(() =>
            {
                try
                {
                    Stay(isFirst);
                    work();
                }
                catch (Exception e)
                {
                    _fault = ExceptionDispatchInfo.Capture(e);
                }
            });
            _thread.Start();
        }

        internal void Join()
        {
            _thread.Join();
            _fault?.Throw();
        }
    }
}
