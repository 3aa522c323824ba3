using System.Buffers.Binary;
using Cni.Datapath.Conntrack;
using Fabric.Primitives;

namespace Cni.Datapath.Tests.Conntrack;

/// <summary>What is read of connection tracking, and the frames that are made of it.</summary>
public sealed class TrackedConnectionTests
{
    private const string Tcp = "tcp,orig=(src=10.0.0.1,dst=10.0.0.2,sport=40000,dport=80),reply=(src=10.0.0.2,dst=10.0.0.1,sport=80,dport=40000),zone=7,labels=0x2,protoinfo=(state=ESTABLISHED)";

    [Fact]
    public void A_connection_is_read_as_Open_vSwitch_writes_it()
    {
        Assert.Equal(Of(TrackedProtocol.Tcp, "10.0.0.1", "10.0.0.2", 40000, 80), TrackedConnection.Parse(Tcp));
        Assert.Equal(
            Of(TrackedProtocol.Udp, "fd00::1", "fd00::2", 1, 65535),
            TrackedConnection.Parse("udp,orig=(src=fd00::1,dst=fd00::2,sport=1,dport=65535),reply=(src=fd00::2,dst=fd00::1,sport=65535,dport=1)"));
        Assert.Equal(
            Of(TrackedProtocol.Icmp, "10.0.0.1", "10.0.0.2", 5, 0),
            TrackedConnection.Parse("icmp,orig=(src=10.0.0.1,dst=10.0.0.2,id=5,type=8,code=0),reply=(src=10.0.0.2,dst=10.0.0.1,id=5,type=0,code=0),zone=7,mark=2"));
        Assert.Equal(
            Of(TrackedProtocol.Icmp6, "fd00::1", "fd00::2", 5, 0),
            TrackedConnection.Parse("icmpv6,orig=(src=fd00::1,dst=fd00::2,id=5,type=128,code=0),reply=(src=fd00::2,dst=fd00::1,id=5,type=129,code=0),zone=7"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("tcp")]
    [InlineData("zone=7")]
    // Ended by one side; forbidden by a rule, as OVN marks it now and as it did; translated, in address and in port.
    [InlineData("tcp,orig=(src=10.0.0.1,dst=10.0.0.2,sport=1,dport=2),reply=(src=10.0.0.2,dst=10.0.0.1,sport=2,dport=1),zone=7,protoinfo=(state=CLOSING)")]
    [InlineData("udp,orig=(src=10.0.0.1,dst=10.0.0.2,sport=1,dport=2),reply=(src=10.0.0.2,dst=10.0.0.1,sport=2,dport=1),zone=7,mark=1")]
    [InlineData("udp,orig=(src=10.0.0.1,dst=10.0.0.2,sport=1,dport=2),reply=(src=10.0.0.2,dst=10.0.0.1,sport=2,dport=1),zone=7,mark=13,labels=0x2")]
    [InlineData("udp,orig=(src=10.0.0.1,dst=10.0.0.2,sport=1,dport=2),reply=(src=10.0.0.2,dst=10.0.0.1,sport=2,dport=1),zone=7,labels=0x1000000000000000000000000000000b")]
    [InlineData("udp,orig=(src=10.0.0.1,dst=10.96.0.1,sport=1,dport=2),reply=(src=10.0.0.2,dst=10.0.0.1,sport=2,dport=1),zone=7")]
    [InlineData("udp,orig=(src=10.0.0.1,dst=10.0.0.2,sport=1,dport=2),reply=(src=10.0.0.2,dst=10.0.0.1,sport=2,dport=3),zone=7")]
    [InlineData("udp,orig=(src=10.0.0.1,dst=10.0.0.2,sport=70000,dport=2),reply=(src=10.0.0.2,dst=10.0.0.1,sport=2,dport=70000),zone=7")]
    [InlineData("udp,orig=(src=here,dst=there,sport=1,dport=2),reply=(src=there,dst=here,sport=2,dport=1),zone=7")]
    // Asked by nobody here: an answer, and a protocol that is not carried over.
    [InlineData("icmp,orig=(src=10.0.0.1,dst=10.0.0.2,id=5,type=0,code=0),reply=(src=10.0.0.2,dst=10.0.0.1,id=5,type=8,code=0),zone=7")]
    [InlineData("sctp,orig=(src=10.0.0.1,dst=10.0.0.2,sport=1,dport=2),reply=(src=10.0.0.2,dst=10.0.0.1,sport=2,dport=1),zone=7")]
    public void What_no_answer_is_to_be_let_in_by_is_not_read(string line) => Assert.Null(TrackedConnection.Parse(line));

    [Theory]
    [InlineData(TrackedProtocol.Tcp, "10.0.0.1", "10.0.0.2", 54)]
    [InlineData(TrackedProtocol.Udp, "10.0.0.1", "10.0.0.2", 42)]
    [InlineData(TrackedProtocol.Icmp, "10.0.0.1", "10.0.0.2", 42)]
    [InlineData(TrackedProtocol.Tcp, "fd00::1", "fd00::2", 74)]
    [InlineData(TrackedProtocol.Udp, "fd00::1", "fd00::2", 62)]
    [InlineData(TrackedProtocol.Icmp6, "fd00::1", "fd00::2", 62)]
    public void A_frame_is_whole_and_goes_to_its_sender(TrackedProtocol protocol, string source, string destination, int length)
    {
        var mac = MacAddress.Parse("02:00:00:00:00:07");
        var frame = ConnectionFrame.Of(Of(protocol, source, destination, 40000, (ushort)(protocol is TrackedProtocol.Tcp or TrackedProtocol.Udp ? 80 : 0)), mac);

        Assert.Equal(length, frame.Length);
        Assert.Equal(frame[..6], frame[6..12]);
        Assert.Equal(protocol == TrackedProtocol.Tcp, ConnectionFrame.IsTcp(frame));
        var isV6 = source.Contains(':', StringComparison.Ordinal);
        var payload = frame.AsSpan(isV6 ? 54 : 34);
        if (!isV6)
            Assert.Equal(0xffff, Fold(Sum(frame.AsSpan(14, 20))));
        var pseudo = protocol == TrackedProtocol.Icmp ? 0 : Sum(isV6 ? frame.AsSpan(22, 32) : frame.AsSpan(26, 8)) + (uint)protocol + (uint)payload.Length;
        Assert.Equal(0xffff, Fold(pseudo + Sum(payload)));
    }

    [Fact]
    public void Whatever_is_in_a_line_is_a_connection_or_none()
    {
        var random = new Random(20261128);
        for (var round = 0; round < 20_000; round++)
        {
            var line = Tcp.ToCharArray();
            for (var change = random.Next(1, 4); change > 0; change--)
                line[random.Next(line.Length)] = (char)random.Next(32, 127);
            if (TrackedConnection.Parse(new string(line, 0, random.Next(line.Length + 1))) is { } read)
                Assert.NotEmpty(ConnectionFrame.Of(read, MacAddress.Parse("02:00:00:00:00:07")));
        }
    }

    private static TrackedConnection Of(TrackedProtocol protocol, string source, string destination, ushort sourcePort, ushort destinationPort) =>
        new(protocol, IpAddress.Parse(source), IpAddress.Parse(destination), sourcePort, destinationPort);

    private static uint Sum(ReadOnlySpan<byte> bytes)
    {
        var sum = 0u;
        for (var i = 0; i < bytes.Length; i += 2)
            sum += BinaryPrimitives.ReadUInt16BigEndian(bytes[i..]);
        return sum;
    }

    private static int Fold(uint sum)
    {
        sum = (sum & 0xffff) + (sum >> 16);
        return (int)((sum & 0xffff) + (sum >> 16));
    }
}
