using Bpf.FastPath.Uplinks;
using Cni.Agent.Attaching;
using Cni.Datapath.Shaping;
using Cni.Netlink;
using Fabric.Primitives;
using Fabric.Resources;

namespace Cni.Agent.Shaping;

/// <summary>What a Nic is held to, as the kernel is told it.</summary>
internal static class NicLimits
{
    /// <param name="qos">What the control plane has decided; null for nothing.</param>
    /// <param name="mtu">The largest packet of the Nic.</param>
    internal static EndpointLimits Of(NicQos? qos, Mtu mtu) => qos is null
        ? EndpointLimits.None
        : new EndpointLimits { Ingress = BucketOf(qos.Ingress, mtu), Egress = BucketOf(qos.Egress, mtu), Dscp = qos.Dscp, Sum = SumOf(qos.Sum, mtu) };

    /// <summary>From where a Nic sends, and how important that is where its node's uplink is full.</summary>
    internal static UplinkSender SenderOf(Nic nic) => new(
        Subnet.SwitchOf(nic.Spec.Subnet),
        [
            .. nic.Status!.Addresses.Select(address => IpPrefix.Create(address.Address, address.Address.BitLength)),
            .. nic.Spec.AllowedAddresses.Select(allowed => allowed.Address),
        ],
        nic.Status.Qos?.Priority ?? 0);

    private static SumLimits? SumOf(SubnetSum? sum, Mtu mtu) => sum is null
        ? null
        : new SumLimits { Names = DeviceNames.SumOf(sum.Subnet), Ingress = BucketOf(sum.Ingress, mtu), Egress = BucketOf(sum.Egress, mtu) };

    // A limit that admission would refuse, written past it, is no limit rather than one of zero.
    private static TokenBucket? BucketOf(QosLimit? limit, Mtu mtu) =>
        limit is { Average.BitsPerSecond: >= QosLimit.LeastRate } ? BucketSize.For(limit.Average, limit.Peak, limit.Burst, mtu) : null;
}
