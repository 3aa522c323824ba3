namespace Bpf.Interop;

/// <summary>The layout of a C struct as the compiler recorded it (BTF, kernel documentation bpf/btf).</summary>
/// <param name="Name">The struct's tag.</param>
/// <param name="Size">In bytes.</param>
/// <param name="Offsets">Of each member, in bytes, by its name.</param>
public sealed record BtfStruct(string Name, int Size, IReadOnlyDictionary<string, int> Offsets);
