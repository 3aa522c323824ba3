using Cni.Netlink.Messages;

namespace Cni.Netlink;

public sealed partial class RouteSocket
{
    /// <summary>Makes a link of a kind, without any options of it.</summary>
    internal void AddLink(string name, string kind)
    {
        RequireName(name);
        var request = new RequestWriter(stackalloc byte[RequestBytes], Wire.RTM_NEWLINK, Wire.NLM_F_ACK | Wire.NLM_F_CREATE | Wire.NLM_F_EXCL);
        request.Append(default(IfInfoMsg));
        request.Attribute(Wire.IFLA_IFNAME, name);
        var info = request.BeginNest(Wire.IFLA_LINKINFO);
        request.Attribute(Wire.IFLA_INFO_KIND, kind);
        request.EndNest(info);
        Transact($"create {kind} {name}", request);
    }

    /// <summary>Gives a link a root qdisc of a kind, without any options of it.</summary>
    internal void AddQdisc(int linkIndex, string kind)
    {
        var request = new RequestWriter(stackalloc byte[RequestBytes], Wire.RTM_NEWQDISC, Wire.NLM_F_ACK | Wire.NLM_F_CREATE | Wire.NLM_F_REPLACE);
        request.Append(new TcMsg { tcm_ifindex = linkIndex, tcm_parent = Wire.TC_H_ROOT });
        request.Attribute(Wire.TCA_KIND, kind);
        Transact($"add {kind} to link {linkIndex}", request);
    }

    /// <summary>Asks for a filter of a kind at a link's tc ingress that matches nothing, without any options of it.</summary>
    internal void AddEmptyFilter(int linkIndex, string kind)
    {
        var request = FilterRequest(stackalloc byte[RequestBytes], Wire.RTM_NEWTFILTER, Wire.NLM_F_ACK | Wire.NLM_F_CREATE, linkIndex, kind);
        Transact($"attach {kind} to link {linkIndex}", request);
    }
}
