using System.Runtime.InteropServices;
using Cni.Netlink.Messages;

namespace Cni.Netlink.Tests.Messages;

public sealed class ReaderTests
{
    private const int Rounds = 20_000;

    [Fact]
    public void Acknowledgement_gives_the_text_behind_an_echoed_request()
    {
        Span<byte> echoed = stackalloc byte[64];
        var request = new RequestWriter(echoed, Wire.RTM_NEWLINK, Wire.NLM_F_ACK);
        request.Append(default(IfInfoMsg));
        var echo = request.Complete(7);
        Span<byte> text = stackalloc byte[64];
        var attributes = new RequestWriter(text, type: 0, flags: 0);
        attributes.Attribute(Wire.NLMSGERR_ATTR_MSG, "no such thing");
        var tail = attributes.Complete(0)[Marshal.SizeOf<NlMsgHdr>()..];

        Assert.True(Acknowledgement.TryParse(
            new NlMsgHdr { nlmsg_flags = Wire.NLM_F_ACK_TLVS }, [.. Error(-19), .. echo, .. tail], out var whole));
        Assert.True(Acknowledgement.TryParse(
            new NlMsgHdr { nlmsg_flags = Wire.NLM_F_ACK_TLVS | Wire.NLM_F_CAPPED },
            [.. Error(-19), .. echo[..Marshal.SizeOf<NlMsgHdr>()], .. tail],
            out var capped));

        Assert.Equal(new Acknowledgement(Errno.NoDevice, "no such thing"), whole);
        Assert.Equal(whole, capped);
    }

    [Fact]
    public void Message_longer_than_its_datagram_is_not_read()
    {
        Span<byte> buffer = stackalloc byte[64];
        var message = new RequestWriter(buffer, Wire.RTM_GETLINK, 0);
        message.Append(default(IfInfoMsg));
        var whole = message.Complete(1);

        var cut = new MessageReader(whole[..^1]);
        var full = new MessageReader(whole);

        Assert.False(cut.Read());
        Assert.True(full.Read());
        Assert.False(full.Read());
    }

    /// <summary>Random bytes, and valid messages with some bytes changed, are read or refused, never overrun.</summary>
    [Fact]
    public void Readers_survive_any_bytes()
    {
        var random = new Random(4711);
        var buffer = new byte[512];
        var valid = Sample();
        for (var round = 0; round < Rounds; round++)
        {
            var length = random.Next(buffer.Length);
            random.NextBytes(buffer);
            if (round % 2 == 0)
            {
                length = valid.Length;
                valid.CopyTo(buffer, 0);
                for (var change = random.Next(1, 6); change > 0; change--)
                    buffer[random.Next(length)] = (byte)random.Next(256);
            }

            ReadAll(buffer.AsSpan(0, length));
        }
    }

    private static void ReadAll(ReadOnlySpan<byte> bytes)
    {
        var messages = new MessageReader(bytes);
        var count = 0;
        while (messages.Read())
            Assert.True(++count <= bytes.Length / 16);
        ReadOnlySpan<byte> payload = bytes.Length > 16 ? bytes[16..] : bytes;
        RouteSocket.TryReadLink(payload, out _);
        RouteSocket.TryReadAddress(payload, out _, out _);
        RouteSocket.TryReadRoute(payload, out _);
        RouteSocket.TryReadFilter(payload, out _);
        _ = Acknowledgement.TryParse(new NlMsgHdr { nlmsg_flags = Wire.NLM_F_ACK_TLVS }, payload, out _);
    }

    private static byte[] Sample()
    {
        Span<byte> buffer = stackalloc byte[256];
        var message = new RequestWriter(buffer, Wire.RTM_NEWLINK, 0);
        message.Append(new IfInfoMsg { ifi_index = 3, ifi_flags = 1 });
        message.Attribute(Wire.IFLA_IFNAME, "eth0");
        message.Attribute(Wire.IFLA_MTU, 1500u);
        var nest = message.BeginNest(Wire.IFLA_LINKINFO);
        message.Attribute(Wire.IFLA_INFO_KIND, "veth");
        message.EndNest(nest);
        return message.Complete(1).ToArray();
    }

    private static byte[] Error(int value) => MemoryMarshal.AsBytes([value]).ToArray();
}
