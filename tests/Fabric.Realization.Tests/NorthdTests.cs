using System.Text.RegularExpressions;
using Fabric.Primitives;

namespace Fabric.Realization.Tests;

/// <summary>What OVN itself makes of the rows: northd translates them, and ovn-trace follows packets through the result.</summary>
[Trait("kind", "ovs")]
public sealed class NorthdTests : IAsyncLifetime
{
    private const string ClientMac = "0a:58:00:00:00:05";
    private const string ClientLinkLocal = "fe80::858:ff:fe00:5";
    private const string ServerMac = "0a:58:00:00:00:06";

    private static readonly MacAddress RouterMac = NorthboundNames.RouterMac("v", "a");

    private NorthdFixture _ovn = null!;

    public async ValueTask InitializeAsync() => _ovn = await NorthdFixture.StartAsync(
        Objects.Vpc("v"),
        Objects.Subnet("a", "10.0.1.0/24 fd00:1::/64", dhcp: new()
        {
            DnsServers = [IpAddress.Parse("10.0.1.3"), IpAddress.Parse("10.0.1.4"), IpAddress.Parse("fd00:1::3")],
            Domain = "example.org",
            Routes = [new() { Destination = IpPrefix.Parse("192.168.0.0/16"), NextHop = IpAddress.Parse("10.0.1.9") }],
        }),
        Objects.Subnet("b", "10.0.2.0/24 fd00:2::/64"),
        Objects.Nic("pod.client.eth0", "a", "10.0.1.5/24 fd00:1::5/64", ClientMac, "node1"),
        Objects.Nic("vm.server.default", "b", "10.0.2.6/24 fd00:2::6/64", ServerMac));

    public ValueTask DisposeAsync() => _ovn.DisposeAsync();

    private Task<string> TraceFromClientAsync(string flow) => _ovn.TraceAsync("a", "ns/pod.client.eth0", flow);

    [Fact]
    public void Northd_has_nothing_to_complain_of() => Assert.Empty(_ovn.Complaints);

    [Fact]
    public async Task Nbctl_shows_switches_joined_by_a_router()
    {
        var shown = await _ovn.RunNbctlAsync("show");
        shown = Regex.Replace(shown, " [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1));
        foreach (var subnet in (string[])["a", "b"])
        {
            Assert.Contains($"switch (subnet.{subnet})", shown, StringComparison.Ordinal);
            Assert.Contains($"router-port: subnet.{subnet}.gateway", shown, StringComparison.Ordinal);
        }

        Assert.Contains($"addresses: [\"{ClientMac} 10.0.1.5 fd00:1::5\"]", shown, StringComparison.Ordinal);
        Assert.Contains("networks: [\"10.0.2.1/24\", \"fd00:2::1/64\"]", shown, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ip4.src == 10.0.1.5 && ip4.dst == 10.0.2.6 && icmp4.type == 8")]
    [InlineData("ip6.src == fd00:1::5 && ip6.dst == fd00:2::6 && icmp6.type == 128")]
    public async Task A_packet_is_routed_to_the_other_subnet(string ip)
    {
        var trace = await TraceFromClientAsync($"eth.src == {ClientMac} && eth.dst == {RouterMac} && ip.ttl == 64 && {ip}");
        Assert.Contains("/* output to \"ns/vm.server.default\"", trace, StringComparison.Ordinal);
        Assert.Contains($"eth.dst = {ServerMac}", trace, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ClientMac, "ip4.src == 10.0.1.99 && ip4.dst == 10.0.2.6 && icmp4.type == 8")]
    [InlineData(ServerMac, "ip4.src == 10.0.1.5 && ip4.dst == 10.0.2.6 && icmp4.type == 8")]
    [InlineData(ClientMac, "ip6.src == fd00:1::99 && ip6.dst == fd00:2::6 && icmp6.type == 128")]
    [InlineData(ServerMac, "ip6.src == fd00:1::5 && ip6.dst == fd00:2::6 && icmp6.type == 128")]
    public async Task A_packet_from_an_address_that_is_not_the_ports_goes_nowhere(string mac, string ip)
    {
        var trace = await TraceFromClientAsync($"eth.src == {mac} && eth.dst == {RouterMac} && ip.ttl == 64 && {ip}");
        Assert.Contains("ingress(dp=\"subnet.a\"", trace, StringComparison.Ordinal);
        Assert.DoesNotContain("output to", trace, StringComparison.Ordinal);
    }

    /// <summary>Read from northd's flows: ovn-trace of Debian 12 cannot follow a router solicitation.</summary>
    [Fact]
    public async Task A_router_solicitation_is_answered_with_where_addresses_are_had()
    {
        var flows = await _ovn.RunSbctlAsync("lflow-list", "vpc.v");
        Assert.Contains(
            $"put_nd_ra_opts(addr_mode = \"dhcpv6_stateful\", slla = {RouterMac}, mtu = 1442, dnssl = \"example.org\", prefix = fd00:1::/64)", flows, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_DHCPv6_Solicit_is_answered_with_the_ports_address_and_the_subnets_options()
    {
        var trace = await TraceFromClientAsync(
            $"eth.src == {ClientMac} && eth.dst == 33:33:00:01:00:02 && ip6.src == {ClientLinkLocal} && ip6.dst == ff02::1:2 && ip.ttl == 1 && udp.src == 546 && udp.dst == 547");
        foreach (var option in (string[])["ia_addr = fd00:1::5", "dns_server = fd00:1::3", $"server_id = {RouterMac}"])
        {
            Assert.Contains(option, trace, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_DHCPDISCOVER_is_answered_with_the_subnets_options()
    {
        var trace = await TraceFromClientAsync(
            $"eth.src == {ClientMac} && eth.dst == ff:ff:ff:ff:ff:ff && ip4.src == 0.0.0.0 && ip4.dst == 255.255.255.255 && ip.ttl == 64 && udp.src == 68 && udp.dst == 67");
        Assert.Contains("put_dhcp_opts(offerip = 10.0.1.5", trace, StringComparison.Ordinal);
        foreach (var option in (string[])["classless_static_route = {192.168.0.0/16, 10.0.1.9, 0.0.0.0/0, 10.0.1.1}", "dns_server = {10.0.1.3, 10.0.1.4}", "domain_name = \"example.org\"", "lease_time = 86400", "mtu = 1442", "netmask = 255.255.255.0", "router = 10.0.1.1", "server_id = 10.0.1.1"])
        {
            Assert.Contains(option, trace, StringComparison.Ordinal);
        }
    }
}
