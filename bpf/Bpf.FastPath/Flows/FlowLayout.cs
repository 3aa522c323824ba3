using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Fabric.Primitives;

namespace Bpf.FastPath.Flows;

/// <summary>Six bytes of a MAC as in C.</summary>
[InlineArray(6)]
internal struct MacBytes
{
    private byte _first;

    public readonly MacAddress ToMac() => MacAddress.FromBytes(this);
}

/// <summary>An address as in C: sixteen bytes, IPv4 as ::ffff:a.b.c.d.</summary>
[InlineArray(16)]
internal struct AddressBytes
{
    private byte _first;

    public static AddressBytes Of(IpAddress address)
    {
        var bytes = default(AddressBytes);
        if (address.IsV4)
        {
            bytes[10] = bytes[11] = 0xff;
            address.TryWriteBytes(bytes[12..], out _);
        }
        else
        {
            address.TryWriteBytes(bytes, out _);
        }

        return bytes;
    }

    public readonly IpAddress ToAddress() => IpAddress.FromBytes(this).Unmap();
}

/// <summary>struct fast_generation of fastpath_types.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FastGeneration
{
    // GENERATION_ROW_BITS.
    private const int RowBits = 16;

    public uint raised;
    public uint held;

    /// <summary>generation_of of recall.h.</summary>
    public static int RowOf(uint domain, IpAddress address)
    {
        var (row, bytes) = (domain, AddressBytes.Of(address));
        foreach (var word in MemoryMarshal.Cast<byte, uint>((ReadOnlySpan<byte>)bytes))
        {
            row = (row ^ word) * 0x9e3779b1;
            row ^= row >> 15;
        }

        return (int)(row >> (32 - RowBits));
    }
}

/// <summary>struct fast_key of fastpath_types.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FastKey
{
    public uint domain;
    public AddressBytes source;
    public AddressBytes destination;
    public ushort source_port;
    public ushort destination_port;
    public byte protocol;
    public Padding3 pad;
}

/// <summary>struct fast_flow of fastpath_types.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FastFlow
{
    public ulong learned;
    public ulong asked;
    public ulong used;
    public ulong held_until;
    public uint epoch;
    public uint generation;
    public uint place;
    public uint ifindex;
    public ushort longest;
    public byte ttl_fall;
    public byte outer_tos;
    public MacBytes destination_mac;
    public MacBytes source_mac;
    public MacBytes outer_destination_mac;
    public MacBytes outer_source_mac;
    public uint outer_source;
    public uint outer_destination;
    public uint vni;
    public uint option;
    public byte outer_ttl;
    public byte pad;
    public ushort outer_source_port;
}

/// <summary>struct fast_pending of fastpath_types.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FastPending
{
    public ulong noted;
    public uint epoch;
    public uint generation;
    public uint device;
    public uint tunnel;
    public byte ttl;
    public byte tos;
    public byte mixed;
    public byte pad;
    public uint pad2;
}

/// <summary>struct fast_config of fastpath_types.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FastConfig
{
    /// <summary>FAST_LAYOUT.</summary>
    public const uint Layout = 2;

    public ulong learn_after;
    public ulong soft_age;
    public ulong hard_age;
    public ulong reverse_age;
    public ulong retry_age;
    public ulong silent_age;
    public ulong policy;
    public uint epoch;
    public uint enabled;
    public uint underlay;
    public uint underlay_port;
    public uint layout;
    public uint held;
}

/// <summary>struct fast_tunnel of fastpath_types.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FastTunnel
{
    public uint domain;
    public uint space;
}

/// <summary>Three bytes that make a struct whole.</summary>
[InlineArray(3)]
internal struct Padding3
{
    private byte _first;
}
