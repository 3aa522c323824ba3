using System.Runtime.InteropServices;
using Bpf.Interop.Native;

namespace Bpf.Interop;

/// <summary>A hash map shared with the kernel's programs; a single entry is read and written atomically.</summary>
/// <typeparam name="TKey">As in C.</typeparam>
/// <typeparam name="TValue">As in C.</typeparam>
public sealed unsafe class BpfHashMap<TKey, TValue> : IDisposable
    where TKey : unmanaged
    where TValue : unmanaged
{
    private const int Enoent = 2;
    private const int E2big = 7;

    private readonly BpfFileDescriptor _descriptor;

    internal BpfHashMap(string name, BpfFileDescriptor descriptor)
    {
        Name = name;
        _descriptor = descriptor;
    }

    /// <summary>The C variable's name.</summary>
    public string Name { get; }

    internal BpfFileDescriptor Descriptor => _descriptor;

    /// <summary>Sets the entry of a key, whether or not there is one.</summary>
    /// <exception cref="BpfException">The map is full.</exception>
    public void Set(TKey key, TValue value)
    {
        var result = LibBpf.bpf_map_update_elem(_descriptor, &key, &value, LibBpf.BPF_ANY);
        if (result < 0)
            throw new BpfException($"write map {Name}", -result, -result == E2big ? "the map is full" : null);
    }

    /// <returns>Whether there is an entry of that key.</returns>
    public bool TryGet(TKey key, out TValue value)
    {
        fixed (TValue* found = &value)
            return Succeeded("read", LibBpf.bpf_map_lookup_elem(_descriptor, &key, found));
    }

    /// <summary>The entries, as far as they stay while they are read: the programs go on changing them.</summary>
    public IEnumerable<KeyValuePair<TKey, TValue>> Entries()
    {
        // The kernel begins again from the first key when the one it is to go on from has been removed: a bound ends that.
        var seen = new HashSet<TKey>(ByBytes.Instance);
        for (var key = Next(null); key is { } at && seen.Add(at); key = Next(at))
        {
            if (TryGet(at, out var value))
                yield return new(at, value);
        }
    }

    /// <returns>Whether there was an entry of that key.</returns>
    public bool Remove(TKey key) => Succeeded("remove from", LibBpf.bpf_map_delete_elem(_descriptor, &key));

    /// <summary>Counts the entries by going through them: one that comes or goes meanwhile may or may not be counted.</summary>
    /// <param name="most">Where counting ends at the latest.</param>
    public int Count(int most) => MapKeys.Count<TKey>(_descriptor, Name, most);

    /// <inheritdoc/>
    public void Dispose() => _descriptor.Dispose();

    private TKey? Next(TKey? after)
    {
        TKey next;
        var from = after.GetValueOrDefault();
        return Succeeded("walk", LibBpf.bpf_map_get_next_key(_descriptor, after is null ? null : &from, &next)) ? next : null;
    }

    /// <summary>Compares keys as the kernel does.</summary>
    private sealed class ByBytes : IEqualityComparer<TKey>
    {
        internal static readonly ByBytes Instance = new();

        public bool Equals(TKey x, TKey y) => BytesOf(in x).SequenceEqual(BytesOf(in y));

        public int GetHashCode(TKey obj)
        {
            var hash = default(HashCode);
            hash.AddBytes(BytesOf(in obj));
            return hash.ToHashCode();
        }

        private static ReadOnlySpan<byte> BytesOf(ref readonly TKey key) => MemoryMarshal.AsBytes(new ReadOnlySpan<TKey>(in key));
    }

    private bool Succeeded(string verb, int result) => result switch
    {
        >= 0 => true,
        -Enoent => false,
        _ => throw new BpfException($"{verb} map {Name}", -result),
    };
}
