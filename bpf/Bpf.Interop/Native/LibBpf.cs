using System.Runtime.InteropServices;

namespace Bpf.Interop.Native;

/// <summary>
/// libbpf 1.x (Debian: libbpf1), only what its LIBBPF_1.0 symbol versions promise to keep. Functions that return int
/// return a negative errno on failure; those that return a pointer return null and set errno.
/// </summary>
internal static unsafe partial class LibBpf
{
    internal const string Library = "libbpf.so.1";

    /// <summary>struct bpf_object_open_opts, up to the fields used here; libbpf goes by <see cref="sz"/>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct bpf_object_open_opts
    {
        public nuint sz;
        public byte* object_name;
        public byte relaxed_maps;
        public byte pad0;
        public ushort pad1;
        public uint pad2;
        public byte* pin_root_path;
        public uint unused;
        public uint pad3;
        public byte* kconfig;
        public byte* btf_custom_path;
        public byte* kernel_log_buf;
        public nuint kernel_log_size;
        public uint kernel_log_level;
        public uint pad4;
    }

    /// <summary>struct btf_type of linux/btf.h; the union is the size of a struct.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct btf_type
    {
        public uint name_off;
        public uint info;
        public uint size;
    }

    /// <summary>struct btf_member of linux/btf.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct btf_member
    {
        public uint name_off;
        public uint type;
        public uint offset;
    }

    /// <summary>struct bpf_map_info of linux/bpf.h, up to the fields used here; the kernel goes by the length it is told.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct bpf_map_info
    {
        public uint type;
        public uint id;
        public uint key_size;
        public uint value_size;
        public uint max_entries;
        public uint map_flags;
        public fixed byte name[16];
    }

    /// <summary>struct bpf_prog_info of linux/bpf.h, up to the maps' numbers.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct bpf_prog_info
    {
        public uint type;
        public uint id;
        public fixed byte tag[8];
        public uint jited_prog_len;
        public uint xlated_prog_len;
        public ulong jited_prog_insns;
        public ulong xlated_prog_insns;
        public ulong load_time;
        public uint created_by_uid;
        public uint nr_map_ids;
        public ulong map_ids;
    }

    /// <summary>struct bpf_test_run_opts; libbpf goes by <see cref="sz"/>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct bpf_test_run_opts
    {
        public nuint sz;
        public void* data_in;
        public void* data_out;
        public uint data_size_in;
        public uint data_size_out;
        public void* ctx_in;
        public void* ctx_out;
        public uint ctx_size_in;
        public uint ctx_size_out;
        public uint retval;
        public int repeat;
        public uint duration;
        public uint flags;
        public uint cpu;
        public uint batch_size;
    }

    public const uint BTF_KIND_STRUCT = 4;

    public const ulong BPF_ANY = 0;

    [LibraryImport(Library, SetLastError = true)]
    public static partial BpfObjectHandle bpf_object__open_mem(ReadOnlySpan<byte> obj_buf, nuint obj_buf_sz, bpf_object_open_opts* opts);

    [LibraryImport(Library)]
    public static partial int bpf_object__load(BpfObjectHandle obj);

    [LibraryImport(Library)]
    public static partial void bpf_object__close(nint obj);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    public static partial nint bpf_object__find_program_by_name(BpfObjectHandle obj, string name);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    public static partial nint bpf_object__find_map_by_name(BpfObjectHandle obj, string name);

    /// <returns>The BTF of the object, which owns it, or null.</returns>
    [LibraryImport(Library)]
    public static partial nint bpf_object__btf(BpfObjectHandle obj);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int btf__find_by_name_kind(nint btf, string type_name, uint kind);

    [LibraryImport(Library)]
    public static partial btf_type* btf__type_by_id(nint btf, uint id);

    [LibraryImport(Library)]
    public static partial byte* btf__name_by_offset(nint btf, uint offset);

    /// <returns>The descriptor, which the object owns, or a negative errno.</returns>
    [LibraryImport(Library)]
    public static partial int bpf_program__fd(nint prog);

    /// <returns>The descriptor, which the object owns, or a negative errno.</returns>
    [LibraryImport(Library)]
    public static partial int bpf_map__fd(nint map);

    [LibraryImport(Library)]
    public static partial uint bpf_map__key_size(nint map);

    [LibraryImport(Library)]
    public static partial uint bpf_map__value_size(nint map);

    [LibraryImport(Library)]
    public static partial uint bpf_map__max_entries(nint map);

    /// <returns>0, or a negative errno: -EBUSY after the load.</returns>
    [LibraryImport(Library)]
    public static partial int bpf_map__set_max_entries(nint map, uint max_entries);

    /// <returns>0, or a negative errno: -E2BIG if the map is full.</returns>
    [LibraryImport(Library)]
    public static partial int bpf_map_update_elem(BpfFileDescriptor fd, void* key, void* value, ulong flags);

    /// <returns>0, or a negative errno: -ENOENT if there is no such key.</returns>
    [LibraryImport(Library)]
    public static partial int bpf_map_lookup_elem(BpfFileDescriptor fd, void* key, void* value);

    /// <returns>0, or a negative errno: -ENOENT if there is no such key.</returns>
    [LibraryImport(Library)]
    public static partial int bpf_map_delete_elem(BpfFileDescriptor fd, void* key);

    /// <returns>A new descriptor, or a negative errno: -ENOENT if the kernel has no such program.</returns>
    [LibraryImport(Library)]
    public static partial int bpf_prog_get_fd_by_id(uint id);

    /// <returns>A new descriptor, or a negative errno: -ENOENT if the kernel has no such map.</returns>
    [LibraryImport(Library)]
    public static partial int bpf_map_get_fd_by_id(uint id);

    /// <returns>0, or a negative errno.</returns>
    [LibraryImport(Library)]
    public static partial int bpf_obj_get_info_by_fd(BpfFileDescriptor bpf_fd, void* info, uint* info_len);

    [LibraryImport(Library)]
    public static partial uint bpf_map__type(nint map);

    [LibraryImport(Library)]
    public static partial uint bpf_map__map_flags(nint map);

    /// <summary>Has the map be the one behind the descriptor, whatever its shape; libbpf keeps a copy of the descriptor.</summary>
    /// <returns>0, or a negative errno.</returns>
    [LibraryImport(Library)]
    public static partial int bpf_map__reuse_fd(nint map, BpfFileDescriptor fd);

    /// <returns>The first map of the object when <paramref name="map"/> is null, null after the last.</returns>
    [LibraryImport(Library)]
    public static partial nint bpf_object__next_map(BpfObjectHandle obj, nint map);

    [LibraryImport(Library)]
    public static partial byte* bpf_map__name(nint map);

    /// <returns>0, or a negative errno.</returns>
    [LibraryImport(Library)]
    public static partial int bpf_prog_test_run_opts(BpfFileDescriptor prog_fd, bpf_test_run_opts* opts);

    /// <returns>0, or a negative errno: -ENOENT after the last key.</returns>
    [LibraryImport(Library)]
    public static partial int bpf_map_get_next_key(BpfFileDescriptor fd, void* cur_key, void* next_key);

    /// <returns>The number of CPUs that the kernel may ever have, at least 1, or a negative errno.</returns>
    [LibraryImport(Library)]
    public static partial int libbpf_num_possible_cpus();

    /// <returns>A string of the library's own, such as v1.1.</returns>
    [LibraryImport(Library)]
    public static partial nint libbpf_version_string();

    [LibraryImport(Library)]
    public static partial nint libbpf_set_print(delegate* unmanaged[Cdecl]<int, byte*, nint, int> fn);
}
