using System.Buffers.Binary;
using System.Net;

namespace Bpf.FastPath.Tests.Packets;

/// <summary>Frames as an endpoint may send them.</summary>
internal static class Frames
{
    public static byte[] Udp4 => V4(17, Udp(8));

    public static byte[] Udp6 => V6(17, Udp(8));

    public static byte[] Arp => [.. Ethernet(0x0806), .. new byte[28]];

    public static byte[] Multicast => Set(V4(17, Udp(8)), 0, 0x01);

    public static byte[] FirstFragment => Set(V4(17, Udp(8)), 20, 0x20);

    public static byte[] LastFragment => Set(V4(17, Udp(8)), 21, 0x10);

    public static byte[] Fragment6 => V6(44, [17, 0, 0, 1, 0, 0, 0, 1, .. Udp(8)]);

    public static byte[] Options => Set(V4(17, [1, 1, 1, 1, .. Udp(8)]), 14, 0x46);

    public static byte[] HopByHop6 => V6(0, [17, 0, 1, 4, 0, 0, 0, 0, .. Udp(8)]);

    public static byte[] Gre => V4(47, new byte[24]);

    public static byte[] LinkLocal4 => Set(Set(V4(17, Udp(8)), 26, 169), 27, 254);

    public static byte[] LinkLocal6 => Set(Set(V6(17, Udp(8)), 22, 0xfe), 23, 0x80);

    public static byte[] Unreachable => V4(1, [3, 1, .. new byte[34]]);

    public static byte[] ShortHeader => Set(V4(17, Udp(8)), 14, 0x44);

    public static byte[] TooLong => Set(V4(17, Udp(8)), 16, 4);

    public static byte[] UdpTooLong => Set(V4(17, Udp(8)), 38, 4);

    public static byte[] TcpShortOffset => Set(Tcp(0x10), 46, 0x40);

    public static byte[] Syn => Tcp(0x02);

    public static byte[] Fin => Tcp(0x11);

    public static byte[] Rst => Tcp(0x04);

    public static byte[] Data => Tcp(0x18);

    public static byte[] Echo => V4(1, [8, 0, 0, 0, 1, 2, 0, 1, .. new byte[32]]);

    public static byte[] Marked4 => Set(V4(17, Udp(8)), 20, 0x80);

    public static byte[] Marked6 => Set(Set(Set(V6(17, Udp(8)), 15, 0x0f), 16, 0xab), 17, 0x1c);

    public static IReadOnlyList<byte[]> All { get; } =
    [
        Udp4, Udp6, Arp, Multicast, FirstFragment, LastFragment, Fragment6, Options, HopByHop6, Gre, LinkLocal4, LinkLocal6, Unreachable, ShortHeader, TooLong,
        UdpTooLong, TcpShortOffset, Syn, Fin, Rst, Data, Echo,
    ];

    public static byte[] Named(string name) => (byte[])typeof(Frames).GetProperty(name)!.GetValue(null)!;

    /// <summary>What another node would send of it.</summary>
    public static byte[] Tunnel(byte[] inner, uint vni)
    {
        byte[] geneve = [0x02, 0x40, 0x65, 0x58, (byte)(vni >> 16), (byte)(vni >> 8), (byte)vni, 0, 0x01, 0x02, 0x80, 0x01, 0, 1, 0, 3];
        byte[] udp = [0x80, 0x01, 0x17, 0xc1, .. BigEndian(24 + inner.Length), 0, 0];
        return V4(17, [.. udp, .. geneve, .. inner]);
    }

    private static byte[] Tcp(byte flags) => V4(6, [0x30, 0x39, 0, 80, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, flags, 0x20, 0, 0, 0, 0, 0, .. new byte[12]]);

    private static byte[] Udp(int payload) => [0x30, 0x39, 0, 53, .. BigEndian(8 + payload), 0, 0, .. new byte[payload]];

    private static byte[] V4(byte protocol, byte[] payload) =>
    [
        .. Ethernet(0x0800), 0x45, 0, .. BigEndian(20 + payload.Length), 0, 1, 0x40, 0, 64, protocol, 0, 0,
        .. IPAddress.Parse("10.9.0.1").GetAddressBytes(), .. IPAddress.Parse("10.9.0.2").GetAddressBytes(), .. payload,
    ];

    private static byte[] V6(byte next, byte[] payload) =>
    [
        .. Ethernet(0x86dd), 0x60, 0, 0, 0, .. BigEndian(payload.Length), next, 64,
        .. IPAddress.Parse("fd09::1").GetAddressBytes(), .. IPAddress.Parse("fd09::2").GetAddressBytes(), .. payload,
    ];

    private static byte[] Ethernet(int type) => [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, .. BigEndian(type)];

    private static byte[] BigEndian(int value)
    {
        var bytes = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)value);
        return bytes;
    }

    private static byte[] Set(byte[] frame, int at, byte value)
    {
        frame[at] = value;
        return frame;
    }
}
