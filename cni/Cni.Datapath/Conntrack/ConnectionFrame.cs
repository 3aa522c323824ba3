using System.Buffers.Binary;
using Fabric.Primitives;

namespace Cni.Datapath.Conntrack;

/// <summary>
/// A frame of a connection that its opener might have sent, by which another node's switch gets to know the connection. It has no
/// content, and leads nowhere: its destination is the sender's own port, to which OVN returns nothing (ovn-architecture(7), table 39).
/// </summary>
public static class ConnectionFrame
{
    private const int EthernetBytes = 14;
    private const int Ipv4Bytes = 20;
    private const int Ipv6Bytes = 40;
    private const int TcpBytes = 20;
    private const int UdpBytes = 8;
    private const int EchoBytes = 8;

    private const byte Ttl = 64;
    private const byte TcpAck = 0x10;
    private const byte EchoRequest = 8;
    private const byte EchoRequest6 = 128;

    /// <param name="connection">The connection.</param>
    /// <param name="mac">Of who opened it.</param>
    public static byte[] Of(TrackedConnection connection, MacAddress mac)
    {
        var (isV6, protocol) = (connection.Source.IsV6, (byte)connection.Protocol);
        var ipBytes = isV6 ? Ipv6Bytes : Ipv4Bytes;
        var payloadBytes = connection.Protocol switch { TrackedProtocol.Tcp => TcpBytes, TrackedProtocol.Udp => UdpBytes, _ => EchoBytes };
        var frame = new byte[EthernetBytes + ipBytes + payloadBytes];
        mac.TryWriteBytes(frame, out var macBytes);
        mac.TryWriteBytes(frame.AsSpan(macBytes), out _);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(12), isV6 ? (ushort)0x86dd : (ushort)0x0800);

        var ip = frame.AsSpan(EthernetBytes, ipBytes);
        var payload = frame.AsSpan(EthernetBytes + ipBytes);
        WriteIp(ip, connection, protocol, (ushort)payload.Length);
        var checksumAt = WritePayload(payload, connection);
        // ICMP of IPv4 alone does not count the addresses (RFC 792, RFC 4443 §2.3).
        var sum = connection.Protocol == TrackedProtocol.Icmp ? 0 : Sum(isV6 ? ip[8..] : ip[12..]) + protocol + (uint)payload.Length;
        BinaryPrimitives.WriteUInt16BigEndian(payload[checksumAt..], Checksum(sum + Sum(payload)));
        return frame;
    }

    /// <summary>Whether a frame that was made here is of TCP.</summary>
    public static bool IsTcp(ReadOnlySpan<byte> frame) =>
        frame.Length > EthernetBytes + Ipv4Bytes && frame[EthernetBytes] >> 4 == 6 ? frame[EthernetBytes + 6] == (byte)TrackedProtocol.Tcp
            : frame.Length > EthernetBytes + Ipv4Bytes && frame[EthernetBytes + 9] == (byte)TrackedProtocol.Tcp;

    private static void WriteIp(Span<byte> ip, TrackedConnection connection, byte protocol, ushort payloadBytes)
    {
        if (connection.Source.IsV6)
        {
            ip[0] = 0x60;
            BinaryPrimitives.WriteUInt16BigEndian(ip[4..], payloadBytes);
            (ip[6], ip[7]) = (protocol, Ttl);
            Write(connection.Source, ip[8..]);
            Write(connection.Destination, ip[24..]);
            return;
        }

        ip[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)(Ipv4Bytes + payloadBytes));
        (ip[8], ip[9]) = (Ttl, protocol);
        Write(connection.Source, ip[12..]);
        Write(connection.Destination, ip[16..]);
        BinaryPrimitives.WriteUInt16BigEndian(ip[10..], Checksum(Sum(ip)));
    }

    /// <returns>Where its checksum is.</returns>
    private static int WritePayload(Span<byte> payload, TrackedConnection connection)
    {
        if (connection.Protocol is TrackedProtocol.Icmp or TrackedProtocol.Icmp6)
        {
            payload[0] = connection.Protocol == TrackedProtocol.Icmp ? EchoRequest : EchoRequest6;
            BinaryPrimitives.WriteUInt16BigEndian(payload[4..], connection.SourcePort);
            return 2;
        }

        BinaryPrimitives.WriteUInt16BigEndian(payload, connection.SourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(payload[2..], connection.DestinationPort);
        if (connection.Protocol == TrackedProtocol.Udp)
        {
            BinaryPrimitives.WriteUInt16BigEndian(payload[4..], UdpBytes);
            return 6;
        }

        (payload[12], payload[13]) = (TcpBytes / 4 << 4, TcpAck);
        return 16;
    }

    private static void Write(IpAddress address, Span<byte> bytes) => address.TryWriteBytes(bytes, out _);

    // RFC 1071.
    private static uint Sum(ReadOnlySpan<byte> bytes)
    {
        var sum = 0u;
        for (var i = 0; i + 1 < bytes.Length; i += 2)
        {
            sum += BinaryPrimitives.ReadUInt16BigEndian(bytes[i..]);
        }

        return sum;
    }

    private static ushort Checksum(uint sum)
    {
        sum = (sum & 0xffff) + (sum >> 16);
        return (ushort)~(sum + (sum >> 16));
    }
}
