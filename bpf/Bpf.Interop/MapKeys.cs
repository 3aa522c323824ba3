using Bpf.Interop.Native;

namespace Bpf.Interop;

/// <summary>Goes through the keys of a hash map.</summary>
internal static unsafe class MapKeys
{
    private const int Enoent = 2;

    /// <param name="most">A key that is removed meanwhile makes the kernel begin again: this bounds it.</param>
    internal static int Count<TKey>(BpfFileDescriptor descriptor, string name, int most)
        where TKey : unmanaged
    {
        TKey key;
        TKey* before = null;
        for (var count = 0; ; count++)
        {
            var result = LibBpf.bpf_map_get_next_key(descriptor, before, &key);
            if (result == -Enoent || (result >= 0 && count == most))
                return count;
            if (result < 0)
                throw new BpfException($"count map {name}", -result);
            before = &key;
        }
    }
}
