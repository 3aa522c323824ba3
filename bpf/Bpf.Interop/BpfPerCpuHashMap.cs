using Bpf.Interop.Native;

namespace Bpf.Interop;

/// <summary>A hash map of which every possible CPU has its own value.</summary>
/// <typeparam name="TKey">As in C.</typeparam>
/// <typeparam name="TValue">As in C; its size a multiple of eight bytes, which is how the kernel lays the values out.</typeparam>
public sealed unsafe class BpfPerCpuHashMap<TKey, TValue> : IDisposable
    where TKey : unmanaged
    where TValue : unmanaged
{
    private const int Enoent = 2;
    private const int E2big = 7;

    private readonly BpfFileDescriptor _descriptor;
    private readonly int _cpus;

    internal BpfPerCpuHashMap(string name, BpfFileDescriptor descriptor)
    {
        if (sizeof(TValue) % 8 != 0)
            throw new ArgumentException($"{typeof(TValue)} is not a multiple of eight bytes", nameof(name));
        Name = name;
        _descriptor = descriptor;
        _cpus = LibBpf.libbpf_num_possible_cpus();
        if (_cpus < 1)
            throw new BpfException("count the CPUs", -_cpus);
    }

    /// <summary>The C variable's name.</summary>
    public string Name { get; }

    internal BpfFileDescriptor Descriptor => _descriptor;

    /// <summary>Sets every CPU's value of a key to zero, making the entry if there is none.</summary>
    /// <exception cref="BpfException">The map is full.</exception>
    public void Reset(TKey key)
    {
        var values = new TValue[_cpus];
        fixed (TValue* first = values)
        {
            var result = LibBpf.bpf_map_update_elem(_descriptor, &key, first, LibBpf.BPF_ANY);
            if (result < 0)
                throw new BpfException($"write map {Name}", -result, -result == E2big ? "the map is full" : null);
        }
    }

    /// <returns>Every CPU's value of a key, or null if there is no entry.</returns>
    public TValue[]? Get(TKey key)
    {
        var values = new TValue[_cpus];
        fixed (TValue* first = values)
        {
            return LibBpf.bpf_map_lookup_elem(_descriptor, &key, first) switch
            {
                >= 0 => values,
                -Enoent => null,
                var result => throw new BpfException($"read map {Name}", -result),
            };
        }
    }

    /// <returns>Whether there was an entry of that key.</returns>
    public bool Remove(TKey key) => LibBpf.bpf_map_delete_elem(_descriptor, &key) switch
    {
        >= 0 => true,
        -Enoent => false,
        var result => throw new BpfException($"remove from map {Name}", -result),
    };

    /// <summary>Counts the entries by going through them: one that comes or goes meanwhile may or may not be counted.</summary>
    /// <param name="most">Where counting ends at the latest.</param>
    public int Count(int most) => MapKeys.Count<TKey>(_descriptor, Name, most);

    /// <inheritdoc/>
    public void Dispose() => _descriptor.Dispose();
}
