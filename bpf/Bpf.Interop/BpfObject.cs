using System.Runtime.InteropServices;
using System.Text;
using Bpf.Interop.Native;

namespace Bpf.Interop;

/// <summary>A compiled eBPF object: opened, its maps sized, then loaded into the kernel.</summary>
/// <remarks>Nothing is pinned: programs and maps live while this object, a tc filter or another descriptor holds them.</remarks>
public sealed unsafe class BpfObject : IDisposable
{
    private const int VerifierLogBytes = 1 << 20;
    private const int KernelNameBytes = 15;
    private const int Eperm = 1;
    private const int Enosys = 38;

    private readonly BpfObjectHandle _handle;
    private readonly string _name;
    private byte* _verifierLog;

    private BpfObject(string name, BpfObjectHandle handle, byte* verifierLog)
    {
        _name = name;
        _handle = handle;
        _verifierLog = verifierLog;
    }

    /// <summary>Reads an object file.</summary>
    /// <param name="name">For messages and for <c>bpftool</c>, at most 15 characters.</param>
    /// <param name="elf">The file's bytes.</param>
    /// <exception cref="BpfException">libbpf is not installed, or this is no eBPF object.</exception>
    public static BpfObject Open(string name, ReadOnlySpan<byte> elf)
    {
        var log = (byte*)NativeMemory.AllocZeroed(VerifierLogBytes);
        try
        {
            PrintLog.Begin();
            fixed (byte* text = Encoding.UTF8.GetBytes(name + '\0'))
            {
                var options = new LibBpf.bpf_object_open_opts
                {
                    sz = (nuint)sizeof(LibBpf.bpf_object_open_opts),
                    object_name = text,
                    kernel_log_buf = log,
                    kernel_log_size = VerifierLogBytes,
                };
                var handle = LibBpf.bpf_object__open_mem(elf, (nuint)elf.Length, &options);
                if (!handle.IsInvalid)
                {
                    var opened = new BpfObject(name, handle, log);
                    log = null;
                    return opened;
                }

                throw new BpfException($"open eBPF object {name}", Marshal.GetLastPInvokeError(), log: PrintLog.End());
            }
        }
        catch (Exception e) when (e is DllNotFoundException || e.InnerException is DllNotFoundException)
        {
            throw new BpfException(
                $"open eBPF object {name}", 0, $"{LibBpf.Library} is not installed (Debian package libbpf1)", inner: e);
        }
        finally
        {
            NativeMemory.Free(log);
        }
    }

    /// <summary>Creates the maps and has the programs verified and compiled; takes 50 to 200 ms.</summary>
    /// <exception cref="BpfException">The kernel refuses; <see cref="BpfException.Log"/> has the verifier's words.</exception>
    public void Load()
    {
        PrintLog.Begin();
        var result = LibBpf.bpf_object__load(_handle);
        var said = PrintLog.End();
        if (result >= 0)
            return;
        var advice = -result switch
        {
            Eperm => "loading eBPF takes CAP_BPF and CAP_NET_ADMIN: run as root",
            Enosys => "this kernel is built without CONFIG_BPF_SYSCALL",
            _ => null,
        };
        var verifier = Marshal.PtrToStringUTF8((nint)_verifierLog);
        throw new BpfException(
            $"load eBPF object {_name}", -result, advice, string.IsNullOrWhiteSpace(verifier) ? said : $"{said}\n{verifier}");
    }

    /// <summary>Finds a program of the loaded object by its C function's name.</summary>
    public BpfProgram GetProgram(string name)
    {
        var program = LibBpf.bpf_object__find_program_by_name(_handle, name);
        if (program == 0)
            throw new BpfException($"find program {name} in {_name}", Marshal.GetLastPInvokeError());
        return new BpfProgram(name, new BpfFileDescriptor(_handle, Loaded(LibBpf.bpf_program__fd(program), name)));
    }

    /// <summary>Finds a map of the loaded object by its C variable's name.</summary>
    /// <typeparam name="TKey">As in C: the same size and layout.</typeparam>
    /// <typeparam name="TValue">As in C: the same size and layout.</typeparam>
    /// <exception cref="BpfException">No such map, or one of other sizes.</exception>
    public BpfHashMap<TKey, TValue> GetHashMap<TKey, TValue>(string name) where TKey : unmanaged where TValue : unmanaged =>
        new(name, OpenMap<TKey, TValue>(name));

    /// <summary>Finds a per-CPU map of the loaded object by its C variable's name.</summary>
    /// <inheritdoc cref="GetHashMap"/>
    public BpfPerCpuHashMap<TKey, TValue> GetPerCpuHashMap<TKey, TValue>(string name)
        where TKey : unmanaged where TValue : unmanaged => new(name, OpenMap<TKey, TValue>(name));

    /// <summary>Maps an array of the loaded object into memory.</summary>
    /// <typeparam name="TRow">As in C: the same size and layout.</typeparam>
    /// <exception cref="BpfException">No such array, one of another size, or one that is not made for it.</exception>
    public BpfMappedArray<TRow> MapArray<TRow>(string name) where TRow : unmanaged
    {
        using var map = OpenMap<uint, TRow>(name);
        return new BpfMappedArray<TRow>(name, (int)LibBpf.bpf_map__max_entries(FindMap(name)), map.DangerousGetHandle());
    }

    /// <summary>Finds a ring buffer of the loaded object by which its programs wake somebody.</summary>
    public BpfWakeUp GetWakeUp(string name) => new(new BpfFileDescriptor(_handle, Loaded(LibBpf.bpf_map__fd(FindMap(name)), name)));

    /// <summary>Has a map of this object be another object's; only before <see cref="Load"/>. Its size must be set to the other's.</summary>
    public void Share<TKey, TValue>(BpfHashMap<TKey, TValue> other) where TKey : unmanaged where TValue : unmanaged
    {
        ArgumentNullException.ThrowIfNull(other);
        Reuse(other.Name, other.Descriptor);
    }

    /// <inheritdoc cref="Share{TKey, TValue}(BpfHashMap{TKey, TValue})"/>
    public void Share<TKey, TValue>(BpfPerCpuHashMap<TKey, TValue> other) where TKey : unmanaged where TValue : unmanaged
    {
        ArgumentNullException.ThrowIfNull(other);
        Reuse(other.Name, other.Descriptor);
    }

    /// <summary>Sets how many entries a map may hold; only before <see cref="Load"/>.</summary>
    public void SetMaxEntries(string map, int entries)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(entries);
        var result = LibBpf.bpf_map__set_max_entries(FindMap(map), (uint)entries);
        if (result < 0)
            throw new BpfException($"size map {map} of {_name}", -result);
    }

    /// <summary>
    /// Takes maps that the kernel has already for those of the same names, if all of them are of the same shape; only before
    /// <see cref="Load"/>, and after the sizes are set.
    /// </summary>
    /// <returns>Whether they were taken: otherwise all of the object's maps will be new.</returns>
    public bool TryReuse(IReadOnlyList<BpfMap> running)
    {
        var own = new List<(nint Map, BpfMap Running)>();
        for (var map = LibBpf.bpf_object__next_map(_handle, 0); map != 0; map = LibBpf.bpf_object__next_map(_handle, map))
        {
            var name = Marshal.PtrToStringUTF8((nint)LibBpf.bpf_map__name(map)) ?? "";
            if (running.FirstOrDefault(other => other.Name == name[..Math.Min(name.Length, KernelNameBytes)]) is not { } other)
                continue;
            if (other.Shape != ShapeOf(map))
                return false;
            own.Add((map, other));
        }

        foreach (var (map, other) in own)
        {
            var result = LibBpf.bpf_map__reuse_fd(map, other.Descriptor);
            if (result < 0)
                throw new BpfException($"take over map {other.Name}", -result);
        }

        return own.Count > 0;
    }

    /// <summary>Reads the layout of a C struct from the object's BTF.</summary>
    /// <exception cref="BpfException">The object has no such struct.</exception>
    public BtfStruct GetStruct(string name)
    {
        var btf = LibBpf.bpf_object__btf(_handle);
        var id = btf == 0 ? 0 : LibBpf.btf__find_by_name_kind(btf, name, LibBpf.BTF_KIND_STRUCT);
        if (id <= 0)
            throw new BpfException($"find struct {name} in {_name}", -id);
        var type = LibBpf.btf__type_by_id(btf, (uint)id);
        var members = (LibBpf.btf_member*)(type + 1);
        var offsets = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < (int)(type->info & 0xffff); i++)
        {
            var member = Marshal.PtrToStringUTF8((nint)LibBpf.btf__name_by_offset(btf, members[i].name_off)) ?? "";
            offsets.Add(member, (int)(members[i].offset / 8));
        }

        return new BtfStruct(name, (int)type->size, offsets);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _handle.Dispose();
        NativeMemory.Free(_verifierLog);
        _verifierLog = null;
    }

    private static BpfMapShape ShapeOf(nint map) => new(
        LibBpf.bpf_map__type(map), LibBpf.bpf_map__key_size(map), LibBpf.bpf_map__value_size(map), LibBpf.bpf_map__max_entries(map), LibBpf.bpf_map__map_flags(map));

    private void Reuse(string name, BpfFileDescriptor other)
    {
        var result = LibBpf.bpf_map__reuse_fd(FindMap(name), other);
        if (result < 0)
            throw new BpfException($"share map {name} with {_name}", -result);
    }

    private nint FindMap(string name)
    {
        var map = LibBpf.bpf_object__find_map_by_name(_handle, name);
        return map != 0 ? map : throw new BpfException($"find map {name} in {_name}", Marshal.GetLastPInvokeError());
    }

    private BpfFileDescriptor OpenMap<TKey, TValue>(string name) where TKey : unmanaged where TValue : unmanaged
    {
        var map = FindMap(name);
        var (keySize, valueSize) = (LibBpf.bpf_map__key_size(map), LibBpf.bpf_map__value_size(map));
        if (keySize != sizeof(TKey) || valueSize != sizeof(TValue))
            throw new BpfException($"open map {name} of {_name}", 0, $"it holds {keySize} to {valueSize} bytes, not {sizeof(TKey)} to {sizeof(TValue)}");
        return new BpfFileDescriptor(_handle, Loaded(LibBpf.bpf_map__fd(map), name));
    }

    private int Loaded(int descriptor, string part) =>
        descriptor >= 0 ? descriptor : throw new BpfException($"use {part} of {_name} before it is loaded", -descriptor);
}
