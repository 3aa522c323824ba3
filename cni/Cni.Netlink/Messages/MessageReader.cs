using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Cni.Netlink.Messages;

/// <summary>Walks the messages of one received datagram; what does not fit its own length ends the walk.</summary>
internal ref struct MessageReader(ReadOnlySpan<byte> datagram)
{
    private ReadOnlySpan<byte> _rest = datagram;

    /// <summary>The header of the message that <see cref="Read"/> moved to.</summary>
    public NlMsgHdr Header { get; private set; }

    /// <summary>What follows the header: at most what the datagram holds.</summary>
    public ReadOnlySpan<byte> Payload { get; private set; }

    /// <summary>Moves to the next message.</summary>
    /// <returns>False at the end, or where the length of a message is impossible.</returns>
    public bool Read()
    {
        var headerSize = Unsafe.SizeOf<NlMsgHdr>();
        if (!MemoryMarshal.TryRead(_rest, out NlMsgHdr header)
            || header.nlmsg_len < headerSize
            || header.nlmsg_len > _rest.Length)
        {
            return false;
        }

        Header = header;
        Payload = _rest[headerSize..(int)header.nlmsg_len];
        _rest = _rest[Math.Min(((int)header.nlmsg_len + 3) & ~3, _rest.Length)..];
        return true;
    }
}
