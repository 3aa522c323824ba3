using Fabric.Grains.Subnets;
using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Grains.Tests.Subnets;

public sealed class SubnetRulesTests
{
    private static Subnet Subnet(string cidr, string name = "new", string? gateway = null, string[]? exclude = null, string vpc = "default", bool isDefault = false) => new()
    {
        Metadata = new ObjectMeta { Name = name },
        Spec = new SubnetSpec
        {
            Vpc = vpc,
            Default = isDefault,
            Ipv4 = new SubnetRange
            {
                Cidr = IpPrefix.Parse(cidr),
                Gateway = gateway is null ? null : IpAddress.Parse(gateway),
                Exclude = [.. (exclude ?? []).Select(range => IpRange.Parse(range))],
            },
        },
    };

    [Theory]
    [InlineData("10.0.0.0/8")]
    [InlineData("192.168.1.0/24")]
    [InlineData("172.16.0.0/30")]
    [InlineData("100.64.0.0/10")]
    public void A_range_of_host_addresses_is_fine(string cidr) => Assert.Empty(SubnetRules.Validate(Subnet(cidr), []));

    [Theory]
    [InlineData("10.0.0.0/7")]
    [InlineData("10.0.0.0/31")]
    [InlineData("10.0.0.1/32")]
    [InlineData("fd00::/64")]
    [InlineData("127.0.0.0/24")]
    [InlineData("0.0.0.0/8")]
    [InlineData("224.0.0.0/24")]
    [InlineData("240.0.0.0/8")]
    public void A_range_that_cannot_be_names_its_field(string cidr)
    {
        var refusal = Assert.Single(SubnetRules.Validate(Subnet(cidr), []));
        Assert.Equal(("CidrUnusable", "spec.ipv4.cidr"), (refusal.Reason, refusal.Field));
        Assert.StartsWith(cidr, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("10.0.1.1", "is not in 10.0.0.0/24")]
    [InlineData("10.0.0.0", "network address")]
    [InlineData("10.0.0.255", "broadcast address")]
    [InlineData("fd00::1", "is not in 10.0.0.0/24")]
    public void A_gateway_that_cannot_be_names_its_field(string gateway, string problem)
    {
        var refusal = Assert.Single(SubnetRules.Validate(Subnet("10.0.0.0/24", gateway: gateway), []));
        Assert.Equal(("GatewayUnusable", "spec.ipv4.gateway"), (refusal.Reason, refusal.Field));
        Assert.Contains(problem, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_that_is_wrong_is_said_at_once()
    {
        var refusals = SubnetRules.Validate(
            Subnet("10.0.0.0/24", gateway: "10.0.9.1", exclude: ["10.0.0.5", "10.0.3.0-10.0.3.9"], isDefault: true),
            [Subnet("10.0.0.128/25", "old"), Subnet("10.9.0.0/24", "usual", isDefault: true)]);
        Assert.Equal(
            [("GatewayUnusable", "spec.ipv4.gateway"), ("ExcludeOutsideSubnet", "spec.ipv4.exclude[1]"), ("CidrOverlap", "spec.ipv4.cidr"), ("SecondDefault", "spec.default")],
            refusals.Select(refusal => (refusal.Reason, refusal.Field)));
    }

    [Fact]
    public void Ranges_may_meet_in_different_vpcs_and_with_a_subnet_that_goes_and_with_itself()
    {
        var going = Subnet("10.0.0.0/24", "going") with { Metadata = new ObjectMeta { Name = "going", DeletionTimestamp = DateTimeOffset.UnixEpoch } };
        Assert.Empty(SubnetRules.Validate(Subnet("10.0.0.0/24"), [Subnet("10.0.0.0/24", "other", vpc: "red"), Subnet("10.0.0.0/24"), going]));
    }

    [Fact]
    public void Excluding_everything_is_refused() =>
        Assert.Equal("NothingToGiveOut", Assert.Single(SubnetRules.Validate(Subnet("10.0.0.0/30", exclude: ["10.0.0.2"]), [])).Reason);

    [Theory]
    [InlineData("10.0.0.0/23", null, true, "GatewayWouldMove")]
    [InlineData("10.0.0.0/23", "10.0.1.1", true, null)]
    [InlineData("10.0.0.0/23", "10.0.0.1", true, null)]
    [InlineData("10.0.0.0/23", null, false, null)]
    [InlineData("10.0.1.128/25", null, true, "GatewayWouldMove")]
    [InlineData("10.0.1.0/25", null, true, null)]
    public void A_gateway_in_use_moves_only_when_somebody_says_so(string cidr, string? gateway, bool isUsed, string? reason)
    {
        IPClaim[] claims = isUsed
            ? [new IPClaim { Spec = new IPClaimSpec { Subnet = "new", Address = IpAddress.Parse("10.0.1.200"), Owner = new ClaimOwner { Namespace = "a", Name = "n", Uid = "u" } } }]
            : [];
        var refusal = SubnetRules.ValidateGateways(Subnet(cidr, gateway: gateway), Subnet("10.0.1.0/24"), claims).SingleOrDefault();
        Assert.Equal((reason, reason is null ? null : "spec.ipv4.gateway"), (refusal?.Reason, refusal?.Field));
        if (refusal is not null)
            Assert.Contains("Give 10.0.1.1 to keep it", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_route_is_told_once()
    {
        var route = new DhcpRoute { Destination = IpPrefix.Parse("192.168.0.0/16"), NextHop = IpAddress.Parse("10.0.0.9") };
        var subnet = Subnet("10.0.0.0/24");
        subnet = subnet with { Spec = subnet.Spec with { Dhcp = new DhcpSpec { Routes = [route, route with { NextHop = IpAddress.Parse("10.0.0.10") }] } } };
        var refusal = Assert.Single(SubnetRules.Validate(subnet, []));
        Assert.Equal(("RouteUnusable", "spec.dhcp.routes[1]"), (refusal.Reason, refusal.Field));
    }

    [Fact]
    public void A_name_server_must_be_an_IPv4_host()
    {
        var subnet = Subnet("10.0.0.0/24");
        subnet = subnet with { Spec = subnet.Spec with { Dhcp = new DhcpSpec { DnsServers = [IpAddress.Parse("1.1.1.1"), IpAddress.Parse("fd00::1")] } } };
        Assert.Equal("spec.dhcp.dnsServers[1]", Assert.Single(SubnetRules.Validate(subnet, [])).Field);
    }
}
