using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Cni.Netlink.Messages;

/// <summary>The kernel's verdict on a request: NLMSG_ERROR with its optional text (linux/netlink.h, nlmsgerr).</summary>
/// <param name="Errno">Zero for success.</param>
/// <param name="Text">The extended acknowledgement, where there is one.</param>
internal readonly record struct Acknowledgement(Errno Errno, string? Text)
{
    /// <param name="header">The NLMSG_ERROR message's header: its flags say whether the request is echoed and text follows.</param>
    /// <param name="payload">int error; nlmsghdr of the request; the request's body unless capped; attributes.</param>
    /// <param name="acknowledgement">The verdict.</param>
    public static bool TryParse(in NlMsgHdr header, ReadOnlySpan<byte> payload, out Acknowledgement acknowledgement)
    {
        acknowledgement = default;
        if (!MemoryMarshal.TryRead(payload, out int error) || error > 0)
            return false;
        acknowledgement = new((Errno)(-(long)error), ReadText(header, payload[sizeof(int)..]));
        return true;
    }

    private static string? ReadText(in NlMsgHdr header, ReadOnlySpan<byte> echoed)
    {
        if ((header.nlmsg_flags & Wire.NLM_F_ACK_TLVS) == 0 || !MemoryMarshal.TryRead(echoed, out NlMsgHdr request))
            return null;
        var skip = (header.nlmsg_flags & Wire.NLM_F_CAPPED) != 0
            ? (uint)Unsafe.SizeOf<NlMsgHdr>()
            : (request.nlmsg_len + 3) & ~3u;
        if (skip > echoed.Length)
            return null;
        var attributes = new AttributeReader(echoed[(int)skip..]);
        while (attributes.Read())
        {
            if (attributes.Type == Wire.NLMSGERR_ATTR_MSG)
                return attributes.Text;
        }

        return null;
    }
}
