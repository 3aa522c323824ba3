using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Bpf.Interop.Native;

/// <summary>Collects what libbpf would print to stderr while this thread calls it.</summary>
internal static unsafe class PrintLog
{
    private const int LineBytes = 512;
    private const int LevelDebug = 2;

    [ThreadStatic]
    private static StringBuilder? _lines;

    static PrintLog() => LibBpf.libbpf_set_print(&OnPrint);

    /// <summary>Starts collecting on this thread, in place of what was collected before.</summary>
    public static void Begin() => _lines = new StringBuilder();

    /// <returns>What was collected since <see cref="Begin"/>.</returns>
    public static string End()
    {
        var text = _lines?.ToString().Trim() ?? "";
        _lines = null;
        return text;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnPrint(int level, byte* format, nint arguments)
    {
        // Native code calls this: an exception must not leave it, and none of these can throw but for want of memory.
        if (level >= LevelDebug || _lines is null)
            return 0;
        var line = stackalloc byte[LineBytes];
        var length = LibC.vsnprintf(line, LineBytes, format, arguments);
        _lines.Append(Encoding.UTF8.GetString(line, Math.Clamp(length, 0, LineBytes - 1)));
        return length;
    }
}
