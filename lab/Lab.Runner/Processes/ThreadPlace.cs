using System.ComponentModel;
using System.Runtime.InteropServices;
using Lab.Runner.Interop;
using Lab.Runner.State;

namespace Lab.Runner.Processes;

/// <summary>Has a thread stay on one processor (sched_setaffinity(2)).</summary>
public static class ThreadPlace
{
    // cpu_set_t of glibc has 1024 bits.
    private const int Words = 16;
    private const int WordBits = 64;
    private const int Bytes = Words * sizeof(ulong);

    /// <summary>Has the calling thread stay on the first or the last processor that this process may use; a thread that it makes stays there too.</summary>
    /// <exception cref="LabException">The kernel does not allow it.</exception>
    public static void Stay(bool isFirst)
    {
        var allowed = new ulong[Words];
        // Of the process's first thread: this one has what its maker had.
        if (Libc.GetAffinity(Environment.ProcessId, Bytes, allowed) != 0)
        {
            throw new LabException($"sched_getaffinity: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
        }

        IEnumerable<int> processors = Enumerable.Range(0, Words * WordBits).Where(each => (allowed[each / WordBits] >> (each % WordBits) & 1) != 0);
        int chosen = isFirst ? processors.First() : processors.Last();
        var mask = new ulong[Words];
        mask[chosen / WordBits] = 1UL << (chosen % WordBits);
        if (Libc.SetAffinity(0, Bytes, mask) != 0)
        {
            throw new LabException($"sched_setaffinity: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
        }
    }
}
