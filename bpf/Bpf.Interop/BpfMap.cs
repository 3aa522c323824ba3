using System.Runtime.InteropServices;
using Bpf.Interop.Native;

namespace Bpf.Interop;

/// <summary>A map that the kernel has already, found by the program that uses it.</summary>
public sealed unsafe class BpfMap : IDisposable
{
    private const int Enoent = 2;

    private BpfMap(string name, BpfMapShape shape, BpfFileDescriptor descriptor)
    {
        Name = name;
        Shape = shape;
        Descriptor = descriptor;
    }

    /// <summary>The name as the kernel keeps it: the first 15 bytes of the C variable's.</summary>
    public string Name { get; }

    /// <summary>What is in it.</summary>
    public BpfMapShape Shape { get; }

    internal BpfFileDescriptor Descriptor { get; }

    /// <summary>The maps that a loaded program uses; empty when the kernel has no such program any more.</summary>
    /// <remarks>They live for as long as these are held, whatever becomes of the program.</remarks>
    /// <param name="programId">The kernel's number, as a tc filter tells it.</param>
    /// <exception cref="BpfException">The kernel refuses: it takes CAP_SYS_ADMIN.</exception>
    public static IReadOnlyList<BpfMap> OfProgram(uint programId)
    {
        var opened = LibBpf.bpf_prog_get_fd_by_id(programId);
        if (opened == -Enoent)
            return [];
        using var program = new BpfFileDescriptor(Checked($"open program {programId}", opened));
        const int Most = 64;
        var ids = stackalloc uint[Most];
        var info = new LibBpf.bpf_prog_info { nr_map_ids = Most, map_ids = (ulong)ids };
        var length = (uint)sizeof(LibBpf.bpf_prog_info);
        Checked($"look at program {programId}", LibBpf.bpf_obj_get_info_by_fd(program, &info, &length));
        var maps = new List<BpfMap>();
        for (var i = 0; i < Math.Min(info.nr_map_ids, Most); i++)
        {
            if (Open(ids[i]) is { } map)
                maps.Add(map);
        }

        return maps;
    }

    /// <summary>Reads and writes it as a hash map or an array.</summary>
    /// <typeparam name="TKey">As in C.</typeparam>
    /// <typeparam name="TValue">As in C.</typeparam>
    /// <exception cref="BpfException">It is of other sizes.</exception>
    public BpfHashMap<TKey, TValue> AsHashMap<TKey, TValue>() where TKey : unmanaged where TValue : unmanaged =>
        new(Name, Sized<TKey, TValue>());

    /// <summary>Reads and writes it as a per-CPU map.</summary>
    /// <inheritdoc cref="AsHashMap"/>
    public BpfPerCpuHashMap<TKey, TValue> AsPerCpuHashMap<TKey, TValue>() where TKey : unmanaged where TValue : unmanaged =>
        new(Name, Sized<TKey, TValue>());

    /// <inheritdoc/>
    public void Dispose() => Descriptor.Dispose();

    private static BpfMap? Open(uint id)
    {
        var opened = LibBpf.bpf_map_get_fd_by_id(id);
        if (opened == -Enoent)
            return null;
        var descriptor = new BpfFileDescriptor(Checked($"open map {id}", opened));
        var info = default(LibBpf.bpf_map_info);
        var length = (uint)sizeof(LibBpf.bpf_map_info);
        Checked($"look at map {id}", LibBpf.bpf_obj_get_info_by_fd(descriptor, &info, &length));
        return new BpfMap(
            Marshal.PtrToStringUTF8((nint)info.name) ?? "",
            new BpfMapShape(info.type, info.key_size, info.value_size, info.max_entries, info.map_flags),
            descriptor);
    }

    private BpfFileDescriptor Sized<TKey, TValue>() where TKey : unmanaged where TValue : unmanaged
    {
        if (Shape.KeySize != sizeof(TKey) || Shape.ValueSize != sizeof(TValue))
            throw new BpfException($"open map {Name}", 0, $"it holds {Shape.KeySize} to {Shape.ValueSize} bytes, not {sizeof(TKey)} to {sizeof(TValue)}: another version of fabric made it");
        // Its own descriptor, so that either may be disposed first.
        var copy = LibC.fcntl((int)Descriptor.DangerousGetHandle(), LibC.F_DUPFD_CLOEXEC, 0);
        return new BpfFileDescriptor(copy >= 0 ? copy : throw new BpfException($"open map {Name} again", Marshal.GetLastPInvokeError()));
    }

    private static int Checked(string operation, int result) => result >= 0 ? result : throw new BpfException(operation, -result);
}

/// <summary>What must be the same for one program's map to be another's.</summary>
/// <param name="Kind">BPF_MAP_TYPE_*.</param>
/// <param name="KeySize">In bytes.</param>
/// <param name="ValueSize">In bytes.</param>
/// <param name="MaxEntries">How many it may hold.</param>
/// <param name="Flags">BPF_F_*.</param>
public sealed record BpfMapShape(uint Kind, uint KeySize, uint ValueSize, uint MaxEntries, uint Flags);
