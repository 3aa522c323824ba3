using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Bpf.FastPath.Tests.Endpoints;

/// <summary>ICMP echo, as Open vSwitch would write it to the pod of <see cref="EndpointFixture"/> and read it from there.</summary>
internal static class EchoFrames
{
    internal static bool IsReply(byte[] frame) => frame.Length >= 42 && frame[12] == 8 && frame[13] == 0 && frame[23] == 1 && frame[34] == 0;

    internal static byte[] Request(ushort sequence, int payloadBytes)
    {
        var frame = new byte[42 + payloadBytes];
        EndpointFixture.PodMac.TryWriteBytes(frame, out _);
        EndpointFixture.FarMac.TryWriteBytes(frame.AsSpan(6), out _);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(12), 0x0800);
        var ip = frame.AsSpan(14);
        ip[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)(28 + payloadBytes));
        ip[8] = 64;
        ip[9] = (byte)ProtocolType.Icmp;
        IPAddress.Parse("10.77.0.1").TryWriteBytes(ip[12..], out _);
        IPAddress.Parse(EndpointFixture.PodAddress).TryWriteBytes(ip[16..], out _);
        BinaryPrimitives.WriteUInt16BigEndian(ip[10..], Checksum(ip[..20]));
        var icmp = frame.AsSpan(34);
        icmp[0] = 8;
        BinaryPrimitives.WriteUInt16BigEndian(icmp[6..], sequence);
        for (var i = 0; i < payloadBytes; i++)
            icmp[8 + i] = (byte)i;
        BinaryPrimitives.WriteUInt16BigEndian(icmp[2..], Checksum(icmp));
        return frame;
    }

    private static ushort Checksum(ReadOnlySpan<byte> bytes)
    {
        var sum = 0u;
        // An odd one is padded (RFC 1071 §1).
        for (var i = 0; i < bytes.Length; i += 2)
            sum += i + 1 < bytes.Length ? BinaryPrimitives.ReadUInt16BigEndian(bytes[i..]) : (uint)bytes[i] << 8;
        while (sum > 0xffff)
            sum = (sum & 0xffff) + (sum >> 16);
        return (ushort)~sum;
    }
}
