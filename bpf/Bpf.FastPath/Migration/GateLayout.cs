using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Bpf.FastPath.Migration;

/// <summary>enum gate_mode of migration_types.h.</summary>
internal static class GateMode
{
    public const uint Open = 0;
    public const uint Hold = 1;
    public const uint Drain = 2;
}

/// <summary>struct gate_state of migration_types.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct GateStateRow
{
    public uint mode;
    public uint spoken;
    public ulong spoke;
    public ulong lease;
    public ulong settle;
    public ulong head;
    public ulong drained;
    public ulong opened;
    public ulong expired;
    public ulong too_long;
    public ulong silenced;
    public ulong queued;
    public ulong @base;
}

/// <summary>struct held_frame of migration_types.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct HeldFrameRow
{
    public ulong number;
    public ulong came;
    public ulong hash;
    public uint length;
    public uint pad;
    public HeldBytes data;
}

/// <summary>The bytes of a kept frame.</summary>
[InlineArray(Count)]
internal struct HeldBytes
{
    public const int Count = 2016;

    private byte _first;
}
