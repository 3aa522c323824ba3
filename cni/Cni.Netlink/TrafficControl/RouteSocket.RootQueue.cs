using Cni.Netlink.Messages;

namespace Cni.Netlink;

public sealed partial class RouteSocket
{
    private const uint RootQueueHandle = 0x0001_0000;

    /// <summary>Gives a link a plain root queue of a handle of its own, in place of whatever it has.</summary>
    /// <remarks>
    /// The kernel's default queue has no handle and yields to any other; one that has a handle must be replaced on purpose, so
    /// that whoever would only add a queue is refused with <see cref="Errno.Exists"/>.
    /// </remarks>
    public void HoldRootQueue(int linkIndex)
    {
        var request = new RequestWriter(stackalloc byte[RequestBytes], Wire.RTM_NEWQDISC, Wire.NLM_F_ACK | Wire.NLM_F_CREATE | Wire.NLM_F_REPLACE);
        request.Append(new TcMsg { tcm_ifindex = linkIndex, tcm_handle = RootQueueHandle, tcm_parent = Wire.TC_H_ROOT });
        request.Attribute(Wire.TCA_KIND, "pfifo");
        Transact($"set the root queue of link {linkIndex}", request);
    }
}
