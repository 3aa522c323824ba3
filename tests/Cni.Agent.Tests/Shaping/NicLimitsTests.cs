using Bpf.FastPath.Uplinks;
using Cni.Agent.Shaping;
using Cni.Datapath.Shaping;
using Fabric.Primitives;
using Fabric.Resources;

namespace Cni.Agent.Tests.Shaping;

public sealed class NicLimitsTests
{
    private static readonly QosLimit Towards = new() { Average = BitRate.Parse("100M"), Peak = BitRate.Parse("400M"), Burst = ByteSize.Parse("1Mi") };

    private static readonly QosLimit From = new() { Average = BitRate.Parse("20M") };

    private static readonly Mtu Mtu = new(8900);

    [Fact]
    public void Each_direction_has_its_own_numbers_for_a_Nic_and_for_the_sum()
    {
        var limits = NicLimits.Of(new NicQos { Ingress = Towards, Egress = From, Dscp = 10, Sum = new SubnetSum { Subnet = "web", Ingress = From, Egress = Towards } }, Mtu);

        var (towards, from) = (BucketSize.For(Towards.Average, Towards.Peak, Towards.Burst, Mtu), BucketSize.For(From.Average, null, null, Mtu));
        Assert.Equal((towards, from, 10), (limits.Ingress, limits.Egress, limits.Dscp));
        Assert.Equal((from, towards), (limits.Sum!.Ingress, limits.Sum.Egress));
    }

    [Fact]
    public void What_is_not_limited_has_no_bucket()
    {
        Assert.Equal(EndpointLimits.None, NicLimits.Of(null, Mtu));
        Assert.Equal((null, null), (NicLimits.Of(new NicQos { Egress = From }, Mtu).Ingress, NicLimits.Of(new NicQos { Ingress = Towards }, Mtu).Egress));
    }

    [Fact]
    public void What_a_Nic_sends_from_is_its_addresses_and_those_that_it_is_allowed()
    {
        var nic = new Nic
        {
            Metadata = new ObjectMeta { Namespace = "a", Name = "one" },
            Spec = new NicSpec
            {
                Subnet = "web",
                Interface = "eth0",
                Owner = new NicOwner { Kind = NicOwnerKind.Pod, Name = "one", Uid = "u" },
                AllowedAddresses = [new AllowedAddress { Address = IpPrefix.Parse("10.0.0.250/32") }, new AllowedAddress { Address = IpPrefix.Parse("10.9.0.0/16") }],
            },
            Status = new NicStatus { Addresses = [IpInterfaceAddress.Parse("10.0.0.5/24"), IpInterfaceAddress.Parse("fd00::5/64")], Qos = new NicQos { Priority = 6 } },
        };

        Assert.Equal(
            new UplinkSender("subnet.web", [.. new[] { "10.0.0.5/32", "fd00::5/128", "10.0.0.250/32", "10.9.0.0/16" }.Select(text => IpPrefix.Parse(text))], 6),
            NicLimits.SenderOf(nic));
        Assert.Equal(0, NicLimits.SenderOf(nic with { Status = nic.Status with { Qos = null } }).Priority);
    }
}
