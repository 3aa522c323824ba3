using System.Buffers.Binary;
using System.Net;
using Fabric.Primitives;

namespace Cni.Datapath.Tests.Traffic;

/// <summary>Frames by which a guest pretends to be somebody else.</summary>
internal static class Forgery
{
    private const string AllNodes = "33:33:00:00:00:01";
    private const string Broadcast = "ff:ff:ff:ff:ff:ff";

    /// <summary>An ARP answer that says that an address is at a MAC (RFC 826).</summary>
    public static byte[] ArpAnswer(string fromMac, string toMac, string claimedMac, IPAddress claimed, IPAddress asked)
    {
        byte[] arp = [0, 1, 8, 0, 6, 4, 0, 2, .. Bytes(claimedMac), .. claimed.GetAddressBytes(), .. Bytes(toMac), .. asked.GetAddressBytes()];
        return [.. Bytes(toMac), .. Bytes(fromMac), 8, 6, .. arp];
    }

    /// <summary>An ARP request to everybody, from an address that is said to be at a MAC; gratuitous when it asks for that itself (RFC 5227 §3).</summary>
    public static byte[] ArpRequest(string fromMac, string claimedMac, IPAddress claimed, IPAddress asked)
    {
        byte[] arp = [0, 1, 8, 0, 6, 4, 0, 1, .. Bytes(claimedMac), .. claimed.GetAddressBytes(), 0, 0, 0, 0, 0, 0, .. asked.GetAddressBytes()];
        return [.. Bytes(Broadcast), .. Bytes(fromMac), 8, 6, .. arp];
    }

    /// <summary>A neighbour solicitation, whose source is said to be at a MAC (RFC 4861 §4.3).</summary>
    public static byte[] NeighbourSolicitation(string fromMac, string toMac, IPAddress source, IPAddress asked, string claimedMac) =>
        Icmp6(fromMac, toMac, source, asked, [135, 0, 0, 0, 0, 0, 0, 0, .. asked.GetAddressBytes(), 1, 1, .. Bytes(claimedMac)]);

    /// <summary>A neighbour advertisement that nobody asked for, to all nodes (RFC 4861 §7.2.6).</summary>
    public static byte[] UnsolicitedAdvertisement(string fromMac, IPAddress source, IPAddress claimed, string claimedMac) =>
        Icmp6(fromMac, AllNodes, source, IPAddress.Parse("ff02::1"), [136, 0, 0, 0, 0x20, 0, 0, 0, .. claimed.GetAddressBytes(), 2, 1, .. Bytes(claimedMac)]);

    /// <summary>A neighbour advertisement that says that an address is at a MAC (RFC 4861 §4.4).</summary>
    public static byte[] NeighbourAdvertisement(string fromMac, string toMac, IPAddress source, IPAddress to, IPAddress claimed, string claimedMac)
    {
        byte[] body = [136, 0, 0, 0, 0x60, 0, 0, 0, .. claimed.GetAddressBytes(), 2, 1, .. Bytes(claimedMac)];
        return Icmp6(fromMac, toMac, source, to, body);
    }

    /// <summary>A router advertisement that offers its sender as a router (RFC 4861 §4.2).</summary>
    /// <param name="fromMac">The sender's MAC.</param>
    /// <param name="linkLocal">The sender's link-local address.</param>
    /// <param name="hidden">Behind options for the destination (RFC 7113 §2.1).</param>
    public static byte[] RouterAdvertisement(string fromMac, IPAddress linkLocal, bool hidden)
    {
        var frame = Icmp6(fromMac, AllNodes, linkLocal, IPAddress.Parse("ff02::1"), [134, 0, 0, 0, 64, 0, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, .. Bytes(fromMac)]);
        if (!hidden)
            return frame;
        const int Header = 54;
        byte[] options = [58, 0, 1, 4, 0, 0, 0, 0];
        byte[] longer = [.. frame[..Header], .. options, .. frame[Header..]];
        longer[20] = 60;
        longer[19] += (byte)options.Length;
        return longer;
    }

    /// <summary>A DHCPOFFER to everybody (RFC 2131), as far as anybody on the way looks at it.</summary>
    public static byte[] DhcpOffer(string fromMac, IPAddress from, int fromPort = 67) => Frame.Udp(fromMac, Broadcast, from, fromPort, IPAddress.Broadcast, 68, 300);

    /// <summary>A DHCPv6 ADVERTISE to a client (RFC 8415 §8), as far as anybody on the way looks at it.</summary>
    public static byte[] DhcpAdvertise(string fromMac, string toMac, IPAddress from, IPAddress to, int fromPort = 547)
    {
        byte[] message = [2, 0, 0, 1];
        var length = (byte)(8 + message.Length);
        return V6(fromMac, toMac, from, to, 17, checksumAt: 6, [(byte)(fromPort >> 8), (byte)fromPort, 546 >> 8, 546 & 0xff, 0, length, 0, 0, .. message]);
    }

    private static byte[] Icmp6(string fromMac, string toMac, IPAddress from, IPAddress to, byte[] body) => V6(fromMac, toMac, from, to, 58, checksumAt: 2, body);

    private static byte[] V6(string fromMac, string toMac, IPAddress from, IPAddress to, byte protocol, int checksumAt, byte[] body)
    {
        byte[] pseudo = [.. from.GetAddressBytes(), .. to.GetAddressBytes(), 0, 0, (byte)(body.Length >> 8), (byte)body.Length, 0, 0, 0, protocol, .. body];
        BinaryPrimitives.WriteUInt16BigEndian(body.AsSpan(checksumAt), Frame.Checksum(pseudo));
        return [.. Bytes(toMac), .. Bytes(fromMac), 0x86, 0xdd, 0x60, 0, 0, 0, (byte)(body.Length >> 8), (byte)body.Length, protocol, 255, .. from.GetAddressBytes(), .. to.GetAddressBytes(), .. body];
    }

    private static byte[] Bytes(string mac)
    {
        var bytes = new byte[6];
        MacAddress.Parse(mac).TryWriteBytes(bytes, out _);
        return bytes;
    }
}
