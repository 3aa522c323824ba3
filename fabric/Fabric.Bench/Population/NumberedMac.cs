using System.Buffers.Binary;
using Fabric.Primitives;

namespace Fabric.Bench.Population;

/// <summary>MACs by number: locally administered, unicast.</summary>
internal static class NumberedMac
{
    internal static MacAddress Of(int number)
    {
        Span<byte> bytes = stackalloc byte[6];
        bytes[0] = 0x0a;
        bytes[1] = 0xbe;
        BinaryPrimitives.WriteInt32BigEndian(bytes[2..], number);
        return MacAddress.FromBytes(bytes);
    }
}
