using System.Text.Json;
using Cni.Agent.Tests.Fixtures;
using Cni.Netlink;
using Cni.Protocol;
using Fabric.Resources;
using Node.Testing;

namespace Cni.Agent.Tests.Attaching;

public sealed class AttachmentTests(NodeFixture node)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [InlineData("0.3.1")]
    [InlineData("0.4.0")]
    [InlineData("1.0.0")]
    [InlineData("1.1.0")]
    public async Task ADD_answers_with_what_the_Nic_says_and_DEL_leaves_nothing(string version)
    {
        using var workload = await node.CreateWorkloadAsync(Cancelled);
        var plugin = new Plugin(node.Agent.SocketPath) { Version = version };

        var added = await plugin.RunAsync("ADD", workload.Sandbox);

        Assert.True(added.ExitCode == 0, added.Output);
        var result = added.Json;
        Assert.Equal(version, result.GetProperty("cniVersion").GetString());
        var host = result.GetProperty("interfaces")[0];
        var pod = result.GetProperty("interfaces")[1];
        Assert.False(host.TryGetProperty("sandbox", out _));
        Assert.Equal(("eth0", workload.Mac.ToString(), workload.Sandbox.NetnsPath), (pod.GetProperty("name").GetString(), pod.GetProperty("mac").GetString(), pod.GetProperty("sandbox").GetString()));
        Assert.Equal(version == "1.1.0", pod.TryGetProperty("mtu", out _));
        Assert.Equal(
            [(workload.Address.ToString(), NodeFixture.Gateway4, 1), (workload.Address6.ToString(), NodeFixture.Gateway6, 1)],
            result.GetProperty("ips").EnumerateArray().Select(ip => (Text(ip, "address"), Text(ip, "gateway"), ip.GetProperty("interface").GetInt32())));
        Assert.Equal(
            version is "0.3.1" or "0.4.0" ? ["4", "6"] : [null, null],
            result.GetProperty("ips").EnumerateArray().Select(ip => Text(ip, "version")));
        Assert.Equal(
            [("0.0.0.0/0", NodeFixture.Gateway4), ("::/0", NodeFixture.Gateway6)],
            result.GetProperty("routes").EnumerateArray().Select(route => (Text(route, "dst"), Text(route, "gw"))));
        Assert.Equal(["10.88.0.53", "fd88::53"], result.GetProperty("dns").GetProperty("nameservers").EnumerateArray().Select(server => server.GetString()));
        await AssertAttachedAsync(workload);

        var deleted = await plugin.RunAsync("DEL", workload.Sandbox);

        Assert.Equal((0, ""), (deleted.ExitCode, deleted.Output));
        await AssertGoneAsync(workload, host.GetProperty("name").GetString()!);
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task Two_pods_of_a_node_reach_each_other_through_OVN()
    {
        using var one = await node.CreateWorkloadAsync(Cancelled);
        using var two = await node.CreateWorkloadAsync(Cancelled);
        Assert.Equal(0, (await node.Plugin.RunAsync("ADD", one.Sandbox)).ExitCode);
        Assert.Equal(0, (await node.Plugin.RunAsync("ADD", two.Sandbox)).ExitCode);

        // The answer of ADD promises that frames pass: the first packet must, with the largest payload that the MTU holds.
        one.Sandbox.Netns.Run("ping", "-c", "1", "-W", "10", "-M", "do", "-s", "1372", two.Address.Address.ToString());
        one.Sandbox.Netns.Run("ping", "-c", "1", "-W", "10", "-M", "do", "-s", "1352", two.Address6.Address.ToString());
        two.Sandbox.Netns.Run("ping", "-c", "3", "-i", "0.01", "-W", "10", one.Address.Address.ToString());
        two.Sandbox.Netns.Run("ping", "-c", "3", "-i", "0.01", "-W", "10", one.Address6.Address.ToString());

        await node.Plugin.RunAsync("DEL", one.Sandbox);
        await node.Plugin.RunAsync("DEL", two.Sandbox);
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task IPv6_of_a_pod_is_usable_at_once_and_nothing_on_the_network_changes_it()
    {
        using var workload = await node.CreateWorkloadAsync(Cancelled);
        var netns = workload.Sandbox.Netns;
        // As some runtimes leave it.
        netns.Run("sh", "-c", "echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6");

        Assert.Equal(0, (await node.Plugin.RunAsync("ADD", workload.Sandbox)).ExitCode);

        var addresses = netns.Run("ip", "-6", "-o", "addr", "show", "dev", "eth0");
        Assert.Contains($"{workload.Address6} scope global nodad", addresses, StringComparison.Ordinal);
        Assert.Contains("fe80::", addresses, StringComparison.Ordinal);
        Assert.DoesNotContain("tentative", addresses, StringComparison.Ordinal);
        Assert.Equal("0", netns.Run("cat", "/proc/sys/net/ipv6/conf/eth0/accept_ra").Trim());
        Assert.Contains($"default via {NodeFixture.Gateway6} dev eth0", netns.Run("ip", "-6", "route"), StringComparison.Ordinal);
        await node.Plugin.RunAsync("DEL", workload.Sandbox);
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task IPv6_from_an_address_that_is_not_the_pods_does_not_arrive()
    {
        using var liar = await node.CreateWorkloadAsync(Cancelled);
        using var target = await node.CreateWorkloadAsync(Cancelled);
        Assert.Equal(0, (await node.Plugin.RunAsync("ADD", liar.Sandbox)).ExitCode);
        Assert.Equal(0, (await node.Plugin.RunAsync("ADD", target.Sandbox)).ExitCode);
        liar.Sandbox.Netns.Run("ip", "addr", "add", "fd88::bad/64", "dev", "eth0", "nodad");
        liar.Sandbox.Netns.Run("ping", "-c", "1", "-W", "10", "-I", liar.Address6.Address.ToString(), target.Address6.Address.ToString());
        var before = EchosOf(target);

        liar.Sandbox.Netns.Run("sh", "-c", $"ping -q -c 5 -i 0.2 -W 1 -I fd88::bad {target.Address6.Address} || true");

        Assert.Equal(before, EchosOf(target));
        await node.Plugin.RunAsync("DEL", liar.Sandbox);
        await node.Plugin.RunAsync("DEL", target.Sandbox);
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task DEL_succeeds_twice_without_its_namespace_and_of_what_never_was()
    {
        using var workload = await node.CreateWorkloadAsync(Cancelled);
        var added = await node.Plugin.RunAsync("ADD", workload.Sandbox);
        var host = added.Json.GetProperty("interfaces")[0].GetProperty("name").GetString()!;
        workload.Sandbox.Vanish();

        Assert.Equal(0, (await node.Plugin.RunAsync("DEL", workload.Sandbox)).ExitCode);
        workload.Sandbox.NetnsPath = "";
        Assert.Equal(0, (await node.Plugin.RunAsync("DEL", workload.Sandbox)).ExitCode);
        await AssertGoneAsync(workload, host);

        using var stranger = await node.CreateWorkloadAsync(Cancelled);
        Assert.Equal(0, (await node.Plugin.RunAsync("DEL", stranger.Sandbox)).ExitCode);
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task ADD_waits_for_the_Nic_to_be_granted_its_addresses()
    {
        using var workload = await node.CreateWorkloadAsync(Cancelled, ready: false);

        var adding = node.Plugin.RunAsync("ADD", workload.Sandbox);
        await node.MakeReadyAsync(workload, Cancelled);

        var added = await adding;
        Assert.True(added.ExitCode == 0, added.Output);
        await node.Plugin.RunAsync("DEL", workload.Sandbox);
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task ADD_of_a_refused_Nic_says_the_Nics_own_reason()
    {
        using var workload = await node.CreateWorkloadAsync(Cancelled, ready: false);
        await node.Api.SetStatusAsync(
            workload.Nic,
            status => status with { Conditions = [new Condition { Type = Condition.Ready, Status = "False", Reason = "SubnetExhausted", Message = "subnet web is exhausted" }] },
            Cancelled);

        var refused = await node.Plugin.RunAsync("ADD", workload.Sandbox);

        Assert.Equal((1, CniErrorCode.Refused), (refused.ExitCode, refused.Code));
        Assert.Contains(workload.Nic.Metadata.Name!, refused.Message, StringComparison.Ordinal);
        Assert.Contains("subnet web is exhausted", refused.Message + refused.Details, StringComparison.Ordinal);
        await AssertGoneAsync(workload, host: null);
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task ADD_for_an_earlier_pod_of_the_same_name_is_put_off()
    {
        using var workload = await node.CreateWorkloadAsync(Cancelled);
        workload.Sandbox.Arguments = workload.Sandbox.Arguments.Replace(workload.Pod.Metadata.Uid!, "0000-of-before", StringComparison.Ordinal);

        var refused = await node.Plugin.RunAsync("ADD", workload.Sandbox);

        Assert.Equal((1, CniErrorCode.TryAgainLater), (refused.ExitCode, refused.Code));
        Assert.Contains("0000-of-before", refused.Message, StringComparison.Ordinal);
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task ADD_into_a_container_that_has_the_device_is_refused_and_leaves_the_device()
    {
        using var workload = await node.CreateWorkloadAsync(Cancelled);
        workload.Sandbox.Netns.Run("ip", "link", "add", "name", "eth0", "type", "veth", "peer", "name", "other");

        var refused = await node.Plugin.RunAsync("ADD", workload.Sandbox);

        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("eth0", refused.Message, StringComparison.Ordinal);
        workload.Sandbox.Netns.Run("ip", "link", "show", "eth0");
        await AssertGoneAsync(workload, host: null, device: true);
    }

    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [InlineData("/run/netns/not-there", CniErrorCode.UnknownContainer)]
    [InlineData("/etc/hostname", CniErrorCode.InvalidEnvironment)]
    [InlineData("the node's own", CniErrorCode.InvalidEnvironment)]
    public async Task ADD_into_what_is_no_containers_namespace_is_refused(string path, int code)
    {
        using var workload = await node.CreateWorkloadAsync(Cancelled);
        workload.Sandbox.NetnsPath = path.StartsWith('/') ? path : $"/proc/{Environment.ProcessId}/ns/net";

        var refused = await node.Plugin.RunAsync("ADD", workload.Sandbox);

        Assert.Equal((1, code), (refused.ExitCode, refused.Code));
        Assert.Contains("CNI_NETNS", refused.Message, StringComparison.Ordinal);
        await AssertGoneAsync(workload, host: null, device: true);
    }

    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [InlineData("IgnoreUnknown=1", CniErrorCode.InvalidEnvironment)]
    [InlineData("K8S_POD_NAMESPACE=default;K8S_POD_NAME=", CniErrorCode.InvalidEnvironment)]
    public async Task ADD_from_no_Kubernetes_runtime_is_refused(string arguments, int code)
    {
        using var workload = await node.CreateWorkloadAsync(Cancelled);
        workload.Sandbox.Arguments = arguments;

        var refused = await node.Plugin.RunAsync("ADD", workload.Sandbox);

        Assert.Equal((1, code), (refused.ExitCode, refused.Code));
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task CHECK_sees_what_is_missing_and_GC_removes_what_is_not_wanted()
    {
        using var kept = await node.CreateWorkloadAsync(Cancelled);
        using var left = await node.CreateWorkloadAsync(Cancelled);
        var first = await node.Plugin.RunAsync("ADD", kept.Sandbox);
        var second = await node.Plugin.RunAsync("ADD", left.Sandbox);
        Assert.Equal(0, (await node.Plugin.RunAsync("CHECK", kept.Sandbox, ("prevResult", first.Json))).ExitCode);

        var valid = JsonSerializer.SerializeToElement(new[] { new { containerID = kept.Sandbox.ContainerId, ifname = "eth0" } });
        var collected = await new Plugin(node.Agent.SocketPath) { Version = "1.1.0" }.RunAsync("GC", left.Sandbox, ("cni.dev/valid-attachments", valid));

        Assert.True(collected.ExitCode == 0, collected.Output);
        await AssertGoneAsync(left, second.Json.GetProperty("interfaces")[0].GetProperty("name").GetString());
        await AssertAttachedAsync(kept);
        kept.Sandbox.Netns.Run("ip", "addr", "flush", "dev", "eth0");
        var changed = await node.Plugin.RunAsync("CHECK", kept.Sandbox, ("prevResult", first.Json));
        Assert.Equal((1, CniErrorCode.NotAsMade), (changed.ExitCode, changed.Code));
        Assert.Contains(kept.Address.ToString(), changed.Message, StringComparison.Ordinal);
        await node.Plugin.RunAsync("DEL", kept.Sandbox);
        Assert.Equal(CniErrorCode.NotAsMade, (await node.Plugin.RunAsync("CHECK", kept.Sandbox, ("prevResult", first.Json))).Code);
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task DEL_succeeds_while_the_API_is_away_and_the_Nic_is_mended_later()
    {
        using var workload = await node.CreateWorkloadAsync(Cancelled);
        var added = await node.Plugin.RunAsync("ADD", workload.Sandbox);
        await node.Api.SuspendAsync();
        try
        {
            // Others than the API are asked as well, and are told of first when a busy machine keeps them from answering in time.
            await Eventually.HoldsAsync(() => Status(workload) is { ExitCode: 1 } status && status.Code == CniErrorCode.NotAvailable);
            var deleted = await node.Plugin.RunAsync("DEL", workload.Sandbox);
            Assert.True(deleted.ExitCode == 0, deleted.Output);
            Assert.Empty(node.Switch.InterfacesOf(workload.Port));
            Assert.Single(node.JournalOf(workload));
        }
        finally
        {
            await node.Api.ResumeAsync();
        }

        await Eventually.HoldsAsync(() => node.JournalOf(workload).Length == 0);
        await AssertGoneAsync(workload, added.Json.GetProperty("interfaces")[0].GetProperty("name").GetString());
        await Eventually.HoldsAsync(() => Status(workload).ExitCode == 0);
    }

    private PluginAnswer Status(Workload workload) => new Plugin(node.Agent.SocketPath) { Version = "1.1.0" }.RunAsync("STATUS", workload.Sandbox).GetAwaiter().GetResult();

    private async Task AssertAttachedAsync(Workload workload)
    {
        // The status is written behind the answer.
        var nic = await node.Api.WaitNicAsync(workload.Pod, nic => nic.Status!.Attachments.Any(each => each.Phase == AttachmentPhase.Attached), Cancelled);
        var attachment = Assert.Single(nic.Status!.Attachments);
        Assert.Equal(
            (SwitchFixture.NodeName, workload.Pod.Metadata.Uid, workload.Sandbox.ContainerId, "eth0", AttachmentPhase.Attached),
            (attachment.Node, attachment.PodUid, attachment.ContainerId, attachment.Interface, attachment.Phase));
        Assert.Single(node.Switch.InterfacesOf(workload.Port));
        using var pod = NetnsScope.OpenSocket(workload.Sandbox.NetnsPath);
        var link = pod.FindLink("eth0")!;
        Assert.Equal((workload.Mac, 1400, true), (link.Mac, link.MtuBytes, link.IsUp));
        foreach (var address in workload.Addresses)
            Assert.Contains(address, pod.GetAddresses(link.Index));
    }

    private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.GetString() : null;

    /// <summary>How many IPv6 echo requests have arrived there (RFC 2466).</summary>
    private static long EchosOf(Workload workload) => long.Parse(
        workload.Sandbox.Netns.Run("cat", "/proc/net/snmp6").Split('\n').Single(line => line.StartsWith("Icmp6InEchos ", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]);

    private async Task AssertGoneAsync(Workload workload, string? host, bool device = false)
    {
        await node.Api.WaitNicAsync(workload.Pod, nic => nic.Status?.Attachments.IsEmpty != false, Cancelled);
        Assert.Empty(node.Switch.InterfacesOf(workload.Port));
        using var here = NetnsScope.OpenSocket();
        if (host is not null)
            Assert.Null(here.FindLink(host));
        if (!device && File.Exists(workload.Sandbox.NetnsPath))
        {
            using var pod = NetnsScope.OpenSocket(workload.Sandbox.NetnsPath);
            Assert.Null(pod.FindLink("eth0"));
        }
    }
}
