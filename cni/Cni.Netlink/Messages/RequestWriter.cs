using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Fabric.Primitives;

namespace Cni.Netlink.Messages;

/// <summary>Writes one netlink message, header first, into a buffer of the caller's.</summary>
/// <remarks>Lengths are patched when a nest or the message ends. A buffer too small is a bug of the caller.</remarks>
internal ref struct RequestWriter
{
    private const int Align = 4;

    private readonly Span<byte> _buffer;
    private int _length;

    public RequestWriter(Span<byte> buffer, ushort type, ushort flags)
    {
        _buffer = buffer;
        Append(new NlMsgHdr { nlmsg_type = type, nlmsg_flags = (ushort)(flags | Wire.NLM_F_REQUEST) });
    }

    /// <summary>Appends a fixed header, such as ifinfomsg.</summary>
    public void Append<T>(in T value) where T : unmanaged
    {
        MemoryMarshal.Write(_buffer[_length..], in value);
        _length += Aligned(Unsafe.SizeOf<T>());
    }

    public void Attribute(ushort type, scoped ReadOnlySpan<byte> value)
    {
        var start = _length;
        Append(new NlAttr { nla_len = (ushort)(Unsafe.SizeOf<NlAttr>() + value.Length), nla_type = type });
        var padded = _buffer.Slice(_length, Aligned(value.Length));
        padded.Clear();
        value.CopyTo(padded);
        _length = start + Unsafe.SizeOf<NlAttr>() + padded.Length;
    }

    public void Attribute(ushort type, uint value) =>
        Attribute(type, MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in value)));

    public void Attribute(ushort type, ulong value) =>
        Attribute(type, MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(in value)));

    /// <summary>Appends text with its terminating zero.</summary>
    public void Attribute(ushort type, string text)
    {
        Span<byte> bytes = stackalloc byte[Encoding.UTF8.GetByteCount(text) + 1];
        Encoding.UTF8.GetBytes(text, bytes);
        bytes[^1] = 0;
        Attribute(type, bytes);
    }

    public void Attribute(ushort type, IpAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var written);
        Attribute(type, bytes[..written]);
    }

    public void Attribute(ushort type, MacAddress address)
    {
        Span<byte> bytes = stackalloc byte[6];
        address.TryWriteBytes(bytes, out _);
        Attribute(type, bytes);
    }

    /// <returns>The nest's place, for <see cref="EndNest"/>.</returns>
    public int BeginNest(ushort type)
    {
        var start = _length;
        Append(new NlAttr { nla_type = (ushort)(type | Wire.NLA_F_NESTED) });
        return start;
    }

    public readonly void EndNest(int start)
    {
        var length = (ushort)(_length - start);
        MemoryMarshal.Write(_buffer[start..], in length);
    }

    /// <summary>Ends the message: its length and sequence number are filled in.</summary>
    public readonly ReadOnlySpan<byte> Complete(uint sequence)
    {
        ref var header = ref MemoryMarshal.AsRef<NlMsgHdr>(_buffer);
        header.nlmsg_len = (uint)_length;
        header.nlmsg_seq = sequence;
        return _buffer[.._length];
    }

    private static int Aligned(int length) => (length + Align - 1) & ~(Align - 1);
}
