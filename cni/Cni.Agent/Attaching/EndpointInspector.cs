using Cni.Agent.Journal;
using Cni.Netlink;
using Cni.Protocol;
using Fabric.Primitives;
using Ovs.Vswitch;

namespace Cni.Agent.Attaching;

/// <summary>Compares an attachment with the answer that was given for it (CNI SPEC, "CHECK").</summary>
/// <param name="node">rtnetlink in the node's namespace.</param>
/// <param name="vswitch">The node's switch.</param>
internal sealed class EndpointInspector(RouteSocket node, VswitchClient vswitch)
{
    /// <returns>Null when all is as it was made, else what is not, for people.</returns>
    internal string? FaultOf(AttachmentRecord record)
    {
        if (record is not { Step: AttachmentStep.Finished, Result: { } result })
        {
            return $"it is not whole ({record.Step})";
        }

        var devices = DeviceNames.Of(record);
        return FaultOnNode(devices) ?? FaultInPod(record, result);
    }

    private string? FaultOnNode(DeviceNames devices)
    {
        foreach (var device in (ReadOnlySpan<string>)[devices.Endpoint, devices.SwitchPort])
        {
            if (node.FindLink(device) is not { } link)
            {
                return $"the node's device {device} is gone";
            }

            if (!link.IsUp)
            {
                return $"the node's device {device} is down";
            }

            if (node.GetIngressFilters(link.Index).Count == 0)
            {
                return $"the node's device {device} has lost its eBPF program";
            }
        }

        var state = PortState.Read(vswitch.Replica.Snapshot, devices.SwitchPort);
        return state.IsReady ? null : state.Describe();
    }

    private static string? FaultInPod(AttachmentRecord record, CniResult result)
    {
        try
        {
            using var pod = NetnsScope.OpenSocket(record.Netns);
            if (pod.FindLink(record.Interface) is not { } link)
            {
                return $"the container has no device {record.Interface}";
            }

            var mac = result.Interfaces.First(each => each.Sandbox is not null).Mac;
            if (link.Mac?.ToString() != mac)
            {
                return $"{record.Interface} has the MAC {link.Mac}, not {mac}";
            }

            var addresses = pod.GetAddresses(link.Index);
            var missing = result.Ips.FirstOrDefault(ip => !addresses.Contains(IpInterfaceAddress.Parse(ip.Address)));
            if (missing is not null)
            {
                return $"{record.Interface} has lost the address {missing.Address}";
            }

            var lost = result.Routes.FirstOrDefault(route => !HasRoute(pod, link.Index, route));
            return lost is null ? null : $"the container has lost the route to {lost.Dst} via {lost.Gateway}";
        }
        catch (NetlinkException e) when (e.Errno is Errno.NoEntry)
        {
            return $"the container's namespace {record.Netns} is gone";
        }
    }

    private static bool HasRoute(RouteSocket pod, int link, CniRoute wanted)
    {
        var destination = IpPrefix.Parse(wanted.Dst);
        IpAddress? gateway = wanted.Gateway is null ? null : IpAddress.Parse(wanted.Gateway);
        return pod.GetRoutes(destination.Family, link).Any(route => route.Destination == destination && route.Gateway == gateway);
    }
}
