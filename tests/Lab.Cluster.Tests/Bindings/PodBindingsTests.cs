using Lab.Cluster.Bindings;
using Lab.Runner.Processes;
using Vmnet.KubeVirt;

namespace Lab.Cluster.Tests.Bindings;

public sealed class PodBindingsTests
{
    private static readonly PodBindings Bindings = new();

    [NetnsFact]
    public async Task Bridge_gives_the_guest_the_pods_address_and_keeps_the_pod_silent()
    {
        await using var network = await TestNetwork.MakeAsync();

        var nic = await BindAsync(network, VmBinding.Bridge);

        Assert.Equal(TestNetwork.Mac, nic.Mac.ToString());
        Assert.Equal("tap0", nic.Tap);
        var eth0 = await TestNetwork.InAsync(network.Pod, "ip -d address show dev eth0");
        Assert.DoesNotContain("inet", eth0, StringComparison.Ordinal);
        Assert.DoesNotContain($"ether {TestNetwork.Mac}", eth0, StringComparison.Ordinal);
        Assert.Contains("learning off", eth0, StringComparison.Ordinal);
        Assert.Contains("mtu 1400", await TestNetwork.InAsync(network.Pod, "ip link show dev tap0"), StringComparison.Ordinal);
        Assert.Contains("mtu 1400", await TestNetwork.InAsync(network.Pod, "ip link show dev k6t-eth0"), StringComparison.Ordinal);

        await network.PlugGuestAsync();
        await TestNetwork.InAsync(network.Guest, $"ip address add {TestNetwork.PodAddress}/24 dev eth0");
        await TestNetwork.InAsync(network.Guest, $"ip address add {TestNetwork.PodAddress6}/64 dev eth0 nodad");
        await TestNetwork.InAsync(network.Peer, $"ping -c 2 -W 5 {TestNetwork.PodAddress}");
        await TestNetwork.InAsync(network.Peer, $"ping -c 2 -W 5 {TestNetwork.PodAddress6}");
        Assert.Contains(TestNetwork.Mac, await TestNetwork.InAsync(network.Peer, "ip neighbour show"), StringComparison.Ordinal);
    }

    [NetnsTheory]
    [InlineData(VmBinding.Bridge)]
    [InlineData(VmBinding.Masquerade)]
    public async Task Binding_made_again_is_the_same(VmBinding binding)
    {
        await using var network = await TestNetwork.MakeAsync();
        var first = await BindAsync(network, binding);
        var before = await LinksAsync(network);

        Assert.Equal(first, await BindAsync(network, binding));

        Assert.Equal(before, await LinksAsync(network));
    }

    [NetnsFact]
    public async Task Bridge_binding_cut_short_still_knows_the_guests_address()
    {
        await using var network = await TestNetwork.MakeAsync();
        await TestNetwork.InAsync(network.Pod, $"ip link set eth0 alias guest-mac={TestNetwork.Mac}; ip link set eth0 address 02:00:00:00:00:99");

        Assert.Equal(TestNetwork.Mac, (await BindAsync(network, VmBinding.Bridge)).Mac.ToString());
    }

    [NetnsFact]
    public async Task Masquerade_gives_the_guest_its_address_by_dhcp_and_translates_both_ways()
    {
        await using var network = await TestNetwork.MakeAsync();
        var nic = await BindAsync(network, VmBinding.Masquerade);
        await network.PlugGuestAsync();

        var script = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(script, "#!/bin/sh\n[ \"$1\" = bound ] || exit 0\nip address add $ip/$mask dev $interface\nip route add default via $router\nip link set $interface mtu $mtu\n", TestContext.Current.CancellationToken);
            File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            await TestNetwork.InAsync(network.Guest, $"busybox udhcpc -i eth0 -n -q -t 30 -T 1 -O mtu -s {script}");
        }
        finally
        {
            File.Delete(script);
        }

        Assert.Contains("inet 10.0.2.2/24", await TestNetwork.InAsync(network.Guest, "ip address show dev eth0"), StringComparison.Ordinal);
        await TestNetwork.InAsync(network.Guest, $"ping -c 1 -W 5 {TestNetwork.PeerAddress}");

        Assert.Equal(new("fd10:0:2::2/120", "fd10:0:2::1"), nic.StaticIpv6);
        await TestNetwork.InAsync(network.Guest, $"ip address add {nic.StaticIpv6!.Address} dev eth0 nodad; ip route add default via {nic.StaticIpv6.Gateway}; ping -c 1 -W 5 {TestNetwork.PeerAddress6}");

        // Inbound: the answer comes from the guest, and only the guest's namespace listens.
        await AnswersAsync(network, port: 80);
        await AnswersAsync(network, port: 80, TestNetwork.PodAddress6);
    }

    [NetnsFact]
    public async Task Masquerade_translates_only_the_ports_listed()
    {
        await using var network = await TestNetwork.MakeAsync();
        await BindAsync(network, VmBinding.Masquerade, new VmPort { Port = 80, Protocol = "TCP" });
        await network.PlugGuestAsync();
        await TestNetwork.InAsync(network.Guest, "ip address add 10.0.2.2/24 dev eth0; ip route add default via 10.0.2.1");

        await AnswersAsync(network, port: 80);
        var refused = await Tool.TryRunAsync("ip", ["netns", "exec", network.Peer, "busybox", "nc", "-w", "1", TestNetwork.PodAddress, "81"], TestContext.Current.CancellationToken);
        Assert.NotEqual(0, refused.ExitCode);
    }

    private static Task<global::Lab.Cluster.Guests.GuestNic> BindAsync(TestNetwork network, VmBinding binding, params VmPort[] ports) => Bindings.BindAsync(
        new global::Lab.Cluster.Bindings.Launcher(network.PodPath, network, "c"),
        new VmNic("default", binding, OnPodNetwork: true, MacAddress: null),
        [.. ports],
        TestContext.Current.CancellationToken);

    /// <summary>Links, addresses and rules as they were set up; when a carrier is seen, and with it a link-local address comes, is the kernel's own time.</summary>
    private static Task<string> LinksAsync(TestNetwork network) =>
        TestNetwork.InAsync(network.Pod, "{ ip -o address show | grep -v ' inet6 fe80:'; ip -o link show; } | sed -E 's/NO-CARRIER,|,LOWER_UP|,UP|state [A-Z]+|tentative ?//g'; nft list ruleset");

    private static async Task AnswersAsync(TestNetwork network, int port, string address = TestNetwork.PodAddress)
    {
        var server = ServeAsync();
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            var answer = await Tool.TryRunAsync("ip", ["netns", "exec", network.Peer, "busybox", "nc", "-w", "10", address, $"{port}"], TestContext.Current.CancellationToken);
            if (answer.Output.Trim() == "guest")
                break;
            Assert.False(deadline.IsCancellationRequested, $"nothing answers on port {port}: {answer}");
            // One that gave up waiting for the answer had the only one.
            if (server.IsCompleted)
                server = ServeAsync();
        }
        await server;

        Task<ToolResult> ServeAsync() => Tool.TryRunAsync(
            "ip", ["netns", "exec", network.Guest, "busybox", "nc", "-l", "-p", $"{port}", "-e", "echo", "guest"], TestContext.Current.CancellationToken);
    }
}

/// <inheritdoc cref="NetnsFactAttribute"/>
public sealed class NetnsTheoryAttribute : TheoryAttribute
{
    public NetnsTheoryAttribute([System.Runtime.CompilerServices.CallerFilePath] string? file = null, [System.Runtime.CompilerServices.CallerLineNumber] int line = -1)
        : base(file, line)
    {
        if (!Environment.IsPrivilegedProcess && Environment.GetEnvironmentVariable("CI") is not "true")
            Skip = "needs root";
    }
}
