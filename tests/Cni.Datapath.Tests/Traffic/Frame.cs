using System.Buffers.Binary;
using System.Net;
using Fabric.Primitives;

namespace Cni.Datapath.Tests.Traffic;

/// <summary>IPv4 frames made by hand.</summary>
internal static class Frame
{
    public const int IpAt = 14;

    public static byte[] Udp(string fromMac, string toMac, IPAddress from, int fromPort, IPAddress to, int toPort, int payload, byte ttl = 64, byte tos = 0)
    {
        var data = new byte[payload];
        byte[] udp = [.. BigEndian(fromPort), .. BigEndian(toPort), .. BigEndian(8 + payload), 0, 0, .. data];
        return V4(fromMac, toMac, from, to, 17, udp, ttl, tos);
    }

    public static byte[] Tcp(string fromMac, string toMac, IPAddress from, int fromPort, IPAddress to, int toPort, byte flags, uint sequence, int payload)
    {
        var tcp = new byte[20 + payload];
        BinaryPrimitives.WriteUInt16BigEndian(tcp, (ushort)fromPort);
        BinaryPrimitives.WriteUInt16BigEndian(tcp.AsSpan(2), (ushort)toPort);
        BinaryPrimitives.WriteUInt32BigEndian(tcp.AsSpan(4), sequence);
        tcp[12] = 0x50;
        tcp[13] = flags;
        tcp[14] = 0x20;
        byte[] pseudo = [.. from.GetAddressBytes(), .. to.GetAddressBytes(), 0, 6, .. BigEndian(tcp.Length), .. tcp];
        BinaryPrimitives.WriteUInt16BigEndian(tcp.AsSpan(16), Checksum(pseudo));
        return V4(fromMac, toMac, from, to, 6, tcp, 64, 0);
    }

    public static byte[] Geneve(string fromMac, string toMac, IPAddress from, IPAddress to, uint vni, byte[] inner)
    {
        byte[] geneve = [0x02, 0x40, 0x65, 0x58, (byte)(vni >> 16), (byte)(vni >> 8), (byte)vni, 0, 0x01, 0x02, 0x80, 0x01, 0, 1, 0, 2, .. inner];
        byte[] udp = [.. BigEndian(6081), .. BigEndian(6081), .. BigEndian(8 + geneve.Length), 0, 0, .. geneve];
        return V4(fromMac, toMac, from, to, 17, udp, 64, 0);
    }

    public static byte[] V4(string fromMac, string toMac, IPAddress from, IPAddress to, byte protocol, byte[] payload, byte ttl, byte tos, ushort fragment = 0x4000, byte[]? options = null)
    {
        options ??= [];
        var frame = new byte[IpAt + 20 + options.Length + payload.Length];
        MacAddress.Parse(toMac).TryWriteBytes(frame, out _);
        MacAddress.Parse(fromMac).TryWriteBytes(frame.AsSpan(6), out _);
        frame[12] = 8;
        var ip = frame.AsSpan(IpAt);
        ip[0] = (byte)(0x45 + (options.Length / 4));
        ip[1] = tos;
        BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)(20 + options.Length + payload.Length));
        BinaryPrimitives.WriteUInt16BigEndian(ip[6..], fragment);
        ip[8] = ttl;
        ip[9] = protocol;
        from.TryWriteBytes(ip[12..], out _);
        to.TryWriteBytes(ip[16..], out _);
        options.CopyTo(ip[20..]);
        payload.CopyTo(ip[(20 + options.Length)..]);
        BinaryPrimitives.WriteUInt16BigEndian(ip[10..], Checksum(ip[..(20 + options.Length)]));
        return frame;
    }

    public static ushort Checksum(ReadOnlySpan<byte> bytes)
    {
        var sum = 0u;
        for (var i = 0; i + 1 < bytes.Length; i += 2)
            sum += BinaryPrimitives.ReadUInt16BigEndian(bytes[i..]);
        if (bytes.Length % 2 == 1)
            sum += (uint)bytes[^1] << 8;
        while (sum > 0xffff)
            sum = (sum & 0xffff) + (sum >> 16);
        return (ushort)~sum;
    }

    private static byte[] BigEndian(int value)
    {
        var bytes = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)value);
        return bytes;
    }
}
