using Bpf.FastPath.Endpoints;
using Cni.Netlink;
using Fabric.Primitives;

namespace Cni.Datapath.Shaping;

/// <summary>
/// Holds endpoints to their limits on both ways that frames can take. What an endpoint is sent waits in the queue of its
/// host end, which redirect_peer would pass by. What it sends is held back before a way is chosen for it: it goes through a
/// veth pair of its own on the node, waits in the queue of the near end, and is looked at by the programs at the far one.
/// </summary>
/// <remarks>
/// No qdisc on the switch's port would do, because fast frames never come there; one in the endpoint's namespace could be
/// removed by the endpoint; an IFB gives frames back past the programs (tc_skip_classify). Frames keep their socket on the
/// way, so a pod's own TCP is slowed by its send queue and not by losses.
/// All of it lives in the kernel and goes on without this process. Everything here can be stopped anywhere and done again.
/// </remarks>
/// <param name="node">rtnetlink in the node's namespace.</param>
/// <param name="datapath">The node's programs.</param>
/// <param name="netns">The path of the node's namespace, where it is not this process's own.</param>
public sealed class EndpointShapers(RouteSocket node, EndpointDatapath datapath, string? netns = null)
{
    private readonly ShaperPairs _pairs = new(node, datapath, netns);
    private readonly SumShapers _sums = new(node, new ShaperPairs(node, datapath, netns));

    /// <summary>Brings an endpoint to its limits; what is so already is left alone.</summary>
    /// <remarks>
    /// A queue is there before frames are sent to it, and frames are sent elsewhere before it goes: the frames that wait in it
    /// then are lost, as in any change of a link.
    /// </remarks>
    /// <param name="devices">The endpoint, attached or about to be. Its host end is there.</param>
    /// <param name="names">The names of its shaper.</param>
    /// <param name="mtu">Of its host end.</param>
    /// <param name="limits">What it is held to.</param>
    /// <returns>Why part of it cannot be on this node, for people, that part being without a limit; null when all of it is.</returns>
    /// <exception cref="NetlinkException">The kernel refused something that it may grant later.</exception>
    public string? Apply(EndpointDevices devices, ShaperNames names, Mtu mtu, EndpointLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        string? fault = null;
        var isQueued = limits.Ingress is { } ingress && _pairs.TrySet(devices.HostIndex, ingress, ref fault);
        var shaper = limits.Egress is { } egress ? _pairs.Build(names, mtu, egress, ref fault) : null;
        var sum = limits.Sum;
        datapath.Shape(devices, new EndpointShaping(isQueued, shaper, limits.Dscp)
        {
            SumIn = sum?.Ingress is { } towards ? _sums.Enter(sum.Names.Ingress, names, towards, ref fault) : null,
            SumOut = sum?.Egress is { } from ? _sums.Enter(sum.Names.Egress, names, from, ref fault) : null,
        });
        _sums.LeaveOthers(names, sum?.Ingress is null ? null : sum.Names.Ingress, sum?.Egress is null ? null : sum.Names.Egress);
        if (!isQueued && node.FindTokenBucket(devices.HostIndex) is not null)
        {
            node.HoldRootQueue(devices.HostIndex);
        }

        if (shaper is null)
        {
            _pairs.Remove(names);
        }

        if (node.FindLink(devices.HostIndex) is null)
        {
            // It was removed meanwhile, and whoever removed it may have come by here before.
            Remove(names);
        }

        return fault;
    }

    /// <summary>
    /// Tells the programs what an earlier process has set up, before the endpoint is attached again: so that none of its
    /// frames goes without a limit when the programs' maps are new.
    /// </summary>
    /// <param name="devices">The endpoint.</param>
    /// <param name="names">The names of its shaper.</param>
    /// <param name="sum">Those of the shapers that it has in common with others, where they are there; null for none.</param>
    public void Recover(EndpointDevices devices, ShaperNames names, SumNames? sum)
    {
        var (sumIn, sumOut) = (_sums.Recover(sum?.Ingress, names), _sums.Recover(sum?.Egress, names));
        if (datapath.IsTakenOver)
        {
            // The maps say it still.
            return;
        }

        var isQueued = node.FindTokenBucket(devices.HostIndex) is not null;
        var shaper = _pairs.Find(names);
        if (isQueued || shaper is not null || sumIn is not null || sumOut is not null)
        {
            datapath.Shape(devices, new EndpointShaping(isQueued, shaper, Dscp: null) { SumIn = sumIn, SumOut = sumOut });
        }
    }

    /// <summary>Whether the endpoint has a shaper, of its own or with others.</summary>
    public bool Has(ShaperNames names) => _pairs.Has(names) || _sums.HasMember(names);

    /// <summary>Removes an endpoint's shaper, and those with others if it was the last; nothing happens when there is none.</summary>
    public void Remove(ShaperNames names)
    {
        _pairs.Remove(names);
        _sums.LeaveOthers(names);
    }
}
