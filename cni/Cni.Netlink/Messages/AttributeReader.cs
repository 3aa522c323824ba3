using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Cni.Netlink.Messages;

/// <summary>Walks a run of attributes; one whose length is impossible ends the walk.</summary>
internal ref struct AttributeReader(ReadOnlySpan<byte> attributes)
{
    private ReadOnlySpan<byte> _rest = attributes;

    /// <summary>The attribute's number, without the flags for nesting and byte order.</summary>
    public ushort Type { get; private set; }

    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>The value as the kernel's u32; zero if it is not four bytes long.</summary>
    public readonly uint UInt32 => Value.Length == sizeof(uint) ? MemoryMarshal.Read<uint>(Value) : 0;

    /// <summary>The value as the kernel's u64; zero if it is not eight bytes long.</summary>
    public readonly ulong UInt64 => Value.Length == sizeof(ulong) ? MemoryMarshal.Read<ulong>(Value) : 0;

    /// <summary>The value as text up to its terminating zero.</summary>
    public readonly string Text
    {
        get
        {
            var end = Value.IndexOf((byte)0);
            return Encoding.UTF8.GetString(end < 0 ? Value : Value[..end]);
        }
    }

    public bool Read()
    {
        var headerSize = Unsafe.SizeOf<NlAttr>();
        if (!MemoryMarshal.TryRead(_rest, out NlAttr header) || header.nla_len < headerSize || header.nla_len > _rest.Length)
            return false;
        Type = (ushort)(header.nla_type & Wire.NLA_TYPE_MASK);
        Value = _rest[headerSize..header.nla_len];
        _rest = _rest[Math.Min((header.nla_len + 3) & ~3, _rest.Length)..];
        return true;
    }
}
