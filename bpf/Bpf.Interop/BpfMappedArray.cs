using System.Runtime.InteropServices;
using Bpf.Interop.Native;

namespace Bpf.Interop;

/// <summary>
/// The rows of an array that is mapped into this process (BPF_F_MMAPABLE): read and written as memory, with no call into the kernel.
/// Whoever needs an order between two accesses says so himself (<see cref="Volatile"/>).
/// </summary>
/// <typeparam name="TRow">As in C: its size is a multiple of 8.</typeparam>
public sealed unsafe class BpfMappedArray<TRow> : SafeHandle
    where TRow : unmanaged
{
    private readonly nuint _bytes;

    internal BpfMappedArray(string name, int count, nint descriptor)
        : base(0, ownsHandle: true)
    {
        Count = count;
        _bytes = (nuint)count * (nuint)sizeof(TRow);
        var mapped = LibC.mmap(0, _bytes, LibC.PROT_READ | LibC.PROT_WRITE, LibC.MAP_SHARED, (int)descriptor, 0);
        if (mapped == -1)
            throw new BpfException($"map {name} into memory", Marshal.GetLastPInvokeError());
        SetHandle(mapped);
    }

    /// <summary>How many rows it has.</summary>
    public int Count { get; }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>A row. The caller sees to it that the array is not disposed of meanwhile.</summary>
    public ref TRow this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
            ObjectDisposedException.ThrowIf(IsClosed, this);
            return ref ((TRow*)handle)[index];
        }
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => LibC.munmap(handle, _bytes) == 0;
}
