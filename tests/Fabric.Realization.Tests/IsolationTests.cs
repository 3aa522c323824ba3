using Fabric.Primitives;
using Fabric.Resources;
using Ovs.Northbound;
using Ovs.Ovsdb;
using Ovs.Ovsdb.Tests.Servers;

namespace Fabric.Realization.Tests;

/// <summary>Private subnets, followed through what northd makes of them.</summary>
[Trait("kind", "ovs")]
public sealed class IsolationTests : IAsyncLifetime
{
    // A drop and an allowance of each family for each private subnet, and a spoof guard for every one.
    private const int AllRules = (3 * 3) + (2 * 5);

    private static readonly string[] Names = ["open", "friend", "closed", "hermit", "admirer"];

    private NorthdFixture _ovn = null!;

    public async ValueTask InitializeAsync()
    {
        _ovn = await NorthdFixture.StartAsync(
        [
            Objects.Vpc("v"),
            .. Names.Select(Subnet),
            .. Names.Select(Host),
            Objects.Nic("twin", "closed", "10.0.3.7/24 fd00:3::7/64", "0a:58:00:00:03:07"),
        ]);
        // Now that every subnet has its sets, so that the rules are all there at once.
        await _ovn.Northbound.ApplyAllAsync(Private("closed", "friend"), Private("hermit"), Private("admirer", "closed", "nobody"));
        await _ovn.SynchronizeAsync();
        Assert.Equal(AllRules, _ovn.Northbound.Other.Snapshot.Table<Acl>().Count);
    }

    public ValueTask DisposeAsync() => _ovn.DisposeAsync();

    private static int Number(string subnet) => Array.IndexOf(Names, subnet) + 1;

    private static Subnet Subnet(string name) => Objects.Subnet(name, $"10.0.{Number(name)}.0/24 fd00:{Number(name)}::/64");

    private static Subnet Private(string name, params string[] allowed)
    {
        var subnet = Subnet(name);
        return subnet with { Spec = subnet.Spec with { Private = true, AllowSubnets = [.. allowed] } };
    }

    private static string Mac(string subnet) => $"0a:58:00:00:0{Number(subnet)}:06";

    private static Nic Host(string subnet) =>
        Objects.Nic(subnet, subnet, $"10.0.{Number(subnet)}.6/24 fd00:{Number(subnet)}::6/64", Mac(subnet));

    private static string Ip(IpFamily family, int from, string to) => family == IpFamily.V4
        ? $"ip4.src == 10.0.{from}.6 && ip4.dst == {to} && ip.ttl == 64 && icmp4.type == 8 && icmp4.code == 0"
        : $"ip6.src == fd00:{from}::6 && ip6.dst == {to} && ip.ttl == 64 && icmp6.type == 128 && icmp6.code == 0";

    private static string Address(IpFamily family, string subnet, int host) =>
        family == IpFamily.V4 ? $"10.0.{Number(subnet)}.{host}" : $"fd00:{Number(subnet)}::{host}";

    private async Task<bool> ReachesAsync(string from, string to, IpFamily family)
    {
        var trace = await _ovn.TraceAsync(
            from, $"ns/{from}",
            $"eth.src == {Mac(from)} && eth.dst == {NorthboundNames.RouterMac("v", from)} && {Ip(family, Number(from), Address(family, to, 6))}");
        Assert.Contains($"ingress(dp=\"subnet.{from}\"", trace, StringComparison.Ordinal);
        return trace.Contains($"output to \"ns/{to}\"", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("open", "friend", true)]
    [InlineData("open", "closed", false)]
    [InlineData("closed", "open", false)]
    [InlineData("closed", "friend", true)]
    [InlineData("friend", "closed", true)]
    [InlineData("friend", "hermit", false)]
    [InlineData("hermit", "friend", false)]
    [InlineData("admirer", "closed", false)]
    [InlineData("closed", "admirer", false)]
    public async Task Subnets_exchange_packets_when_each_that_is_private_lists_the_other(string from, string to, bool passes)
    {
        Assert.Equal(passes, await ReachesAsync(from, to, IpFamily.V4));
        Assert.Equal(passes, await ReachesAsync(from, to, IpFamily.V6));
    }

    [Theory]
    [InlineData(IpFamily.V4)]
    [InlineData(IpFamily.V6)]
    public async Task Hosts_of_a_private_subnet_reach_each_other_and_their_router(IpFamily family)
    {
        var toTwin = await _ovn.TraceAsync("closed", "ns/closed", $"eth.src == {Mac("closed")} && eth.dst == 0a:58:00:00:03:07 && {Ip(family, 3, Address(family, "closed", 7))}");
        Assert.Contains("output to \"ns/twin\"", toTwin, StringComparison.Ordinal);
        var toRouter = await _ovn.TraceAsync(
            "closed", "ns/closed", $"eth.src == {Mac("closed")} && eth.dst == {NorthboundNames.RouterMac("v", "closed")} && {Ip(family, 3, Address(family, "closed", 1))}");
        Assert.Contains("output to \"ns/closed\"", toRouter, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hosts_of_a_private_subnet_get_their_addresses()
    {
        var v4 = await _ovn.TraceAsync(
            "closed", "ns/closed", $"eth.src == {Mac("closed")} && eth.dst == ff:ff:ff:ff:ff:ff && ip4.src == 0.0.0.0 && ip4.dst == 255.255.255.255 && ip.ttl == 64 && udp.src == 68 && udp.dst == 67");
        Assert.Contains("offerip = 10.0.3.6", v4, StringComparison.Ordinal);
        Assert.Contains("output to \"ns/closed\"", v4, StringComparison.Ordinal);
        var v6 = await _ovn.TraceAsync(
            "closed", "ns/closed", $"eth.src == {Mac("closed")} && eth.dst == 33:33:00:01:00:02 && ip6.src == fe80::858:ff:fe00:306 && ip6.dst == ff02::1:2 && ip.ttl == 1 && udp.src == 546 && udp.dst == 547");
        Assert.Contains("ia_addr = fd00:3::6", v6, StringComparison.Ordinal);
        Assert.Contains("output to \"ns/closed\"", v6, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_ARP_request_in_a_private_subnet_is_answered()
    {
        var trace = await _ovn.TraceAsync(
            "closed", "ns/closed",
            $"eth.src == {Mac("closed")} && eth.dst == ff:ff:ff:ff:ff:ff && arp.op == 1 && arp.sha == {Mac("closed")} && arp.spa == 10.0.3.6 && arp.tha == 00:00:00:00:00:00 && arp.tpa == 10.0.3.1");
        Assert.Contains($"arp.sha = {NorthboundNames.RouterMac("v", "closed")}", trace, StringComparison.Ordinal);
        Assert.Contains("output to \"ns/closed\"", trace, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_packet_of_a_private_subnet_is_tracked_and_northd_has_nothing_to_complain_of()
    {
        var flows = await _ovn.RunSbctlAsync("lflow-list", "subnet.closed");
        Assert.DoesNotContain("reg0[0] = 1", flows, StringComparison.Ordinal); // REGBIT_CONNTRACK_DEFRAG: to the tracker.
        Assert.Empty(_ovn.Complaints);
    }

    [Fact]
    public async Task An_allowed_subnet_that_gets_other_addresses_stays_allowed()
    {
        var moved = Objects.Subnet("friend", "10.0.9.0/24 fd00:9::/64");
        await _ovn.Northbound.ApplyAllAsync(moved, Objects.Nic("friend", "friend", "10.0.9.6/24 fd00:9::6/64", Mac("friend")));
        await _ovn.SynchronizeAsync();
        foreach (var ip in (string[])[Ip(IpFamily.V4, 3, "10.0.9.6"), Ip(IpFamily.V6, 3, "fd00:9::6")])
        {
            var trace = await _ovn.TraceAsync("closed", "ns/closed", $"eth.src == {Mac("closed")} && eth.dst == {NorthboundNames.RouterMac("v", "closed")} && {ip}");
            Assert.Contains("output to \"ns/friend\"", trace, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task An_allowed_subnet_that_goes_takes_its_rules_along_and_brings_them_back()
    {
        var replica = _ovn.Northbound.Other.Replica;
        await _ovn.Northbound.Realizer.RemoveAsync(RowOwner.Subnet("friend"), RealizerFixture.Deadline);
        await replica.WaitUntilAsync(s => s.Table<Acl>().All(acl => !acl.Match.Contains("friend", StringComparison.Ordinal)), RealizerFixture.Deadline);
        await _ovn.Northbound.ApplyAllAsync(Subnet("friend"));
        await replica.WaitUntilAsync(
            s => s.Table<Acl>().Count == AllRules && s.Table<Acl>().Count(acl => acl.Match.Contains("$subnet.friend.", StringComparison.Ordinal)) == 2, RealizerFixture.Deadline);
        await _ovn.SynchronizeAsync();
        Assert.Empty(_ovn.Complaints);
    }

    [Fact]
    public async Task A_subnet_of_another_Vpc_is_not_the_one_that_is_allowed()
    {
        await _ovn.Northbound.ApplyAllAsync(Objects.Vpc("w"), Objects.Subnet("nobody", "10.0.1.0/24 fd00:1::/64", vpc: "w"));
        await _ovn.SynchronizeAsync();
        Assert.DoesNotContain(_ovn.Northbound.Other.Snapshot.Table<Acl>(), acl => acl.Match.Contains("$subnet.nobody", StringComparison.Ordinal));
    }

    /// <summary>By the number nodes know that what they remember of older verdicts is worth nothing.</summary>
    [Fact]
    public async Task The_number_of_the_configuration_rises_with_what_may_pass_and_with_nothing_else()
    {
        var other = _ovn.Northbound.Other;
        var before = other.Snapshot.Table<NbGlobal>().Single().NbCfg;

        await _ovn.Northbound.ApplyAllAsync(Objects.Nic("late", "open", "10.0.1.9/24 fd00:1::9/64", "0a:58:00:00:01:09"), Private("hermit"));
        await other.Replica.WaitUntilAsync(s => s.Table<LogicalSwitchPort>().FindByName("ns/late"), RealizerFixture.Deadline);
        Assert.Equal(before, other.Snapshot.Table<NbGlobal>().Single().NbCfg);

        await _ovn.Northbound.ApplyAllAsync(Private("hermit", "open"));
        // In one transaction: who sees the rules sees the number.
        await other.Replica.WaitUntilAsync(s => s.Table<Acl>().Any(acl => acl.Match.Contains("$subnet.open", StringComparison.Ordinal)), RealizerFixture.Deadline);
        Assert.True(other.Snapshot.Table<NbGlobal>().Single().NbCfg > before);
    }

    [Fact]
    public async Task A_subnet_that_is_private_no_more_has_no_rules_and_rules_changed_by_hand_are_put_right()
    {
        var other = _ovn.Northbound.Other;
        var rules = other.Snapshot.Table<Acl>().Where(acl => acl.Action == AclAction.Drop).ToArray();
        await other.TransactAsync([.. rules.Select(rule => Row.Update<Acl>(rule.Uuid, Acl.Columns.Action.Value(AclAction.Allow)))]);
        await other.Replica.WaitUntilAsync(s => s.Table<Acl>().Count(acl => acl.Action == AclAction.Drop) == rules.Length, RealizerFixture.Deadline);

        await _ovn.Northbound.ApplyAllAsync(Subnet("closed"), Subnet("hermit"), Subnet("admirer"));
        await other.Replica.WaitUntilAsync(s => s.Table<Acl>().Count == 10, RealizerFixture.Deadline);
        await _ovn.SynchronizeAsync();
        Assert.True(await ReachesAsync("open", "hermit", IpFamily.V4));
    }
}
