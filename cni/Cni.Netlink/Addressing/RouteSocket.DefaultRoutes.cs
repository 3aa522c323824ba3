using Cni.Netlink.Messages;
using Fabric.Primitives;

namespace Cni.Netlink;

public sealed partial class RouteSocket
{
    /// <returns>Whether the main table has a default route of the family, by whatever link.</returns>
    public bool HasDefaultRoute(IpFamily family)
    {
        var request = new RequestWriter(stackalloc byte[RequestBytes], Wire.RTM_GETROUTE, Wire.NLM_F_DUMP);
        request.Append(new RtMsg { rtm_family = Family(family), rtm_table = Wire.RT_TABLE_MAIN });
        var found = false;
        try
        {
            Transact($"look for a default route of {family}", request, (type, payload) =>
                found |= type == Wire.RTM_NEWROUTE && TryReadRoute(payload, out var route) && route.Destination.Length == 0 && route.Destination.Family == family);
        }
        catch (NetlinkException e) when (e.Errno is Errno.NoEntry)
        {
            // A namespace in which no link was ever up has no table yet.
            return false;
        }

        return found;
    }
}
