using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Fabric.ApiServer.OpenApi;

/// <summary>Writes one protobuf message: fields of the kinds that OpenAPI documents have.</summary>
/// <remarks>https://protobuf.dev/programming-guides/encoding/</remarks>
internal sealed class ProtobufWriter
{
    private const int Varint = 0;
    private const int Fixed64 = 1;
    private const int LengthDelimited = 2;

    private readonly ArrayBufferWriter<byte> _bytes = new();

    public byte[] ToArray() => _bytes.WrittenSpan.ToArray();

    public ProtobufWriter Text(int field, string? value)
    {
        if (string.IsNullOrEmpty(value)) return this;
        Bytes(field, Encoding.UTF8.GetBytes(value));
        return this;
    }

    public ProtobufWriter Flag(int field, bool value)
    {
        if (!value) return this;
        Tag(field, Varint);
        Number(1);
        return this;
    }

    public ProtobufWriter Integer(int field, long? value)
    {
        if (value is null or 0) return this;
        Tag(field, Varint);
        Number((ulong)value.Value);
        return this;
    }

    public ProtobufWriter Double(int field, double? value)
    {
        if (value is null or 0) return this;
        Tag(field, Fixed64);
        BinaryPrimitives.WriteDoubleLittleEndian(_bytes.GetSpan(8), value.Value);
        _bytes.Advance(8);
        return this;
    }

    /// <summary>A nested message; an empty one is written too, since its presence says something.</summary>
    public ProtobufWriter Message(int field, ProtobufWriter message)
    {
        Bytes(field, message._bytes.WrittenSpan);
        return this;
    }

    private void Bytes(int field, ReadOnlySpan<byte> value)
    {
        Tag(field, LengthDelimited);
        Number((ulong)value.Length);
        _bytes.Write(value);
    }

    private void Tag(int field, int wireType) => Number((ulong)((field << 3) | wireType));

    private void Number(ulong value)
    {
        var span = _bytes.GetSpan(10);
        var length = 0;
        for (; value >= 0x80; value >>= 7)
            span[length++] = (byte)(value | 0x80);
        span[length++] = (byte)value;
        _bytes.Advance(length);
    }
}
