using System.Text.RegularExpressions;
using Lab.Runner.Processes;

namespace Lab.Tests;

/// <summary>IPv4 and IPv6 side by side, and private subnets, with real packets across nodes.</summary>
[Collection(nameof(SharedLab))]
public sealed partial class DualStackTests(SharedLab lab, DualStackNetwork network) : IClassFixture<DualStackNetwork>
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("one", 2)]
    [InlineData("two", 2)]
    [InlineData("sixpod", 1)]
    public async Task Pod_has_the_addresses_of_its_Nic_and_shows_them_all(string pod, int count)
    {
        var addresses = await network.AddressesAsync(pod);
        Assert.Equal(count, addresses.Length);
        var status = (await lab.JsonAsync("get", "pod", pod))["status"]!;
        Assert.Equal(addresses.Select(Bare), status["podIPs"]!.AsArray().Select(each => (string)each!["ip"]!));
        Assert.Equal(Bare(addresses[0]), (string)status["podIP"]!);
        var device = (await network.RunInAsync(pod, "ip -o addr show dev eth0")).Output;
        Assert.All(addresses, address => Assert.Contains(address, device, StringComparison.Ordinal));
        Assert.DoesNotContain("tentative", device, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("web", 2)]
    [InlineData("sixvm", 1)]
    public async Task Guest_is_told_its_Nics_addresses_by_DHCP_and_its_router_by_advertisement(string vm, int count)
    {
        var addresses = await network.AddressesAsync(vm);
        Assert.Equal(count, addresses.Length);
        var shown = (await lab.JsonAsync("get", "vmi", vm))["status"]!["interfaces"]![0]!["ipAddresses"]!.AsArray();
        Assert.Equal(addresses.Select(Bare), shown.Select(each => (string)each!));
        await SharedLab.UntilAsync("the guest has all addresses", async () =>
        {
            var device = (await network.RunInAsync(vm, "ip -o addr show dev eth0 scope global")).Output;
            return addresses.All(address => device.Contains($" {Bare(address)}/", StringComparison.Ordinal));
        });
        Assert.Contains("default via fe80::", (await network.RunInAsync(vm, "ip -6 route")).Output, StringComparison.Ordinal);
        var told = $"ip={await network.AddressAsync(vm, 6)}\n";
        // Written down when the address is there.
        await SharedLab.UntilAsync("the guest was told it by DHCPv6", async () => (await network.RunInAsync(vm, "cat /run/dhcp6.eth0")).Output.Contains(told, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Guest_is_told_the_subnets_own_routes_and_the_name_servers_of_both_families()
    {
        // A guest is up when it has an address of one family; that of the other follows, and its routes.
        await SharedLab.UntilAsync("the guest has its routes", async () =>
        {
            var routes = (await network.RunInAsync("web", "ip route")).Output;
            return routes.Contains("192.168.0.0/16 via 10.86.2.9", StringComparison.Ordinal) && routes.Contains("default via 10.86.2.1", StringComparison.Ordinal);
        });
        await SharedLab.UntilAsync("the guest knows both name servers", async () =>
        {
            var resolver = (await network.RunInAsync("web", "cat /etc/resolv.conf")).Output;
            return resolver.Contains("nameserver 10.86.2.53\n", StringComparison.Ordinal) && resolver.Contains("nameserver fd86:2::53\n", StringComparison.Ordinal);
        });
    }

    [Theory]
    [InlineData("one", "two", 4)]
    [InlineData("one", "two", 6)]
    [InlineData("one", "web", 4)]
    [InlineData("one", "web", 6)]
    [InlineData("web", "two", 4)]
    [InlineData("web", "two", 6)]
    [InlineData("behind", "web", 4)]
    [InlineData("behind", "web", 6)]
    [InlineData("two", "behind", 4)]
    [InlineData("two", "behind", 6)]
    [InlineData("sixpod", "sixvm", 6)]
    [InlineData("sixvm", "one", 6)]
    public async Task Packets_pass_across_nodes_and_subnets(string from, string to, int family)
    {
        var address = await network.AddressAsync(to, family);
        // A guest is up when it has an address of one family; that of the other follows.
        await SharedLab.UntilAsync($"{from} reaches {to} at {address}", () => network.PingsAsync(from, address, count: 1));
        Assert.True(await network.PingsAsync(from, address));
    }

    [Fact]
    public async Task Trace_tells_the_way_to_a_VM_on_another_node_and_what_the_senders_node_remembers_of_it()
    {
        var (pod, vm) = (await network.AddressAsync("one", 4), await network.AddressAsync("web", 4));
        // A node reaches the API where its agent does.
        var api = ServerUrl().Match(await File.ReadAllTextAsync(lab.Lab.Folder.AgentKubeconfig, Cancelled)).Value;
        var kubeconfig = Path.Combine(lab.Lab.Folder.Path, "trace.kubeconfig");
        await File.WriteAllTextAsync(kubeconfig, ServerUrl().Replace(await File.ReadAllTextAsync(lab.Lab.Folder.Kubeconfig, Cancelled), api), Cancelled);
        var node = lab.Lab.Record.Nodes.Single(each => each.Name == "node1");
        var output = "";
        await SharedLab.UntilAsync("the flow is fast", async () =>
        {
            await network.PingsAsync("one", vm);
            var ran = await Tool.TryRunAsync(
                "nsenter",
                [
                    $"--net=/run/netns/{node.Namespace}", Repository.Fabric, "trace", "pod/one", "vm/web",
                    "--kubeconfig", kubeconfig, "--ovn-sb", $"unix:{lab.Lab.Folder.Central}/sb.sock",
                ],
                Cancelled);
            Assert.True(ran.ExitCode == 0, ran.Output + ran.Error);
            output = ran.Output;
            return output.Contains($"fast path  {pod}:", StringComparison.Ordinal);
        });
        var lines = output.Split('\n');
        Assert.Contains(lines, line => line.StartsWith("way ", StringComparison.Ordinal) && line.Contains("router", StringComparison.Ordinal) && line.Contains("-> tunnel node1 to node2 ->", StringComparison.Ordinal));
        Assert.Contains("verdict    allowed", lines);
        Assert.Contains(lines, line => line.StartsWith("OVN        delivered", StringComparison.Ordinal));
        var other = lab.Lab.Record.Nodes.Single(each => each.Name == "node2").Address;
        Assert.Contains(lines, line => line.StartsWith($"fast path  {pod}:", StringComparison.Ordinal) && line.Contains($" to {vm}:", StringComparison.Ordinal) && line.Contains($" by node {other}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_is_sent_to_a_masquerade_guests_IPv6_address_arrives_in_the_guest()
    {
        var address = await network.AddressAsync("behind", 6);
        await SharedLab.UntilAsync("the guest has its address", () => network.PingsAsync("two", address, count: 1));
        var before = await network.EchosReceivedAsync("behind");
        Assert.True(await network.PingsAsync("two", address));
        Assert.Equal(before + 3, await network.EchosReceivedAsync("behind"));
    }

    [Fact]
    public async Task Spoofed_IPv6_source_does_not_arrive()
    {
        var target = await network.AddressAsync("one", 6);
        await SharedLab.UntilAsync("the guest has its address", () => network.PingsAsync("web", target, count: 1));
        var before = await network.EchosReceivedAsync("one");
        var honest = await network.PingsAsync("web", target);
        Assert.True(honest);
        Assert.Equal(before + 3, await network.EchosReceivedAsync("one"));
        await network.RunInAsync("web", $"ip -6 addr add fd86:2::bad/128 dev eth0; ping -q -c 5 -i 0.2 -W 1 -I fd86:2::bad {target}; ip -6 addr del fd86:2::bad/128 dev eth0");
        Assert.Equal(before + 3, await network.EchosReceivedAsync("one"));
    }

    [Fact]
    public async Task Private_subnets_exchange_packets_only_when_each_lists_the_other()
    {
        try
        {
            await ReachAsync(true);
            await PatchAsync(DualStackNetwork.Right, """{"private":true}""");
            await ReachAsync(false);
            Assert.True(await network.PingsAsync("web", "10.86.2.1"));
            Assert.True(await network.PingsAsync("web", "fd86:2::1"));

            await PatchAsync(DualStackNetwork.Right, """{"allowSubnets":["dual-left"]}""");
            await ReachAsync(true);
            await PatchAsync(DualStackNetwork.Left, """{"private":true}""");
            await ReachAsync(false);
            Assert.True(await network.PingsAsync("one", await network.AddressAsync("two", 6)));
            await PatchAsync(DualStackNetwork.Left, """{"allowSubnets":["dual-right"]}""");
            await ReachAsync(true);
        }
        finally
        {
            await PatchAsync(DualStackNetwork.Left, """{"private":false,"allowSubnets":null}""");
            await PatchAsync(DualStackNetwork.Right, """{"private":false,"allowSubnets":null}""");
        }

        await ReachAsync(true);
    }

    /// <summary>Waits until packets of both families pass between the subnets both ways, or none does.</summary>
    private async Task ReachAsync(bool expected)
    {
        foreach (var (from, to, family) in (IEnumerable<(string, string, int)>)[("one", "web", 4), ("web", "one", 4), ("one", "web", 6), ("web", "one", 6)])
        {
            var address = await network.AddressAsync(to, family);
            await SharedLab.UntilAsync($"{from} {(expected ? "reaches" : "does not reach")} {to} at {address}", async () => await network.PingsAsync(from, address, count: 1) == expected);
        }
    }

    private Task<string> PatchAsync(string subnet, string spec) =>
        lab.RunAsync("patch", "subnet", subnet, "--type", "merge", "-p", $$"""{"spec":{{spec}}}""");

    private static string Bare(string address) => address.Split('/')[0];

    [GeneratedRegex(@"https://[^\s""]+", RegexOptions.None, 1000)]
    private static partial Regex ServerUrl();
}
