using System.Text.Json;
using System.Text.Json.Nodes;
using Cni.Agent.Observing;
using Cni.Agent.Tests.Fixtures;
using Cni.Protocol;
using Fabric.Resources;
using Node.Testing;

namespace Cni.Agent.Tests.Specification;

/// <summary>What the specification demands, scenario by scenario, in every version, called as libcni calls.</summary>
public sealed class ScenarioTests(NodeFixture node)
{
    public static TheoryData<string> Versions => [.. CniVersions.Supported];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [MemberData(nameof(Versions))]
    public async Task ADD_again_is_refused_and_leaves_what_is_there_and_DEL_succeeds_as_often_as_it_is_asked(string version)
    {
        using var workload = await node.CreateWorkloadAsync(Cancelled);
        var plugin = Plugin(version);
        var added = await plugin.RunAsync("ADD", workload.Sandbox);
        Assert.True(added.ExitCode == 0, added.Output);

        var again = await plugin.RunAsync("ADD", workload.Sandbox);

        AssertFailed(again, version, CniErrorCode.InvalidEnvironment, "CNI_IFNAME");
        Assert.Contains("DEL", again.Details, StringComparison.Ordinal);
        Assert.Single(node.Switch.InterfacesOf(workload.Port));
        workload.Sandbox.Netns.Run("ip", "link", "show", "eth0");
        AssertSilent(await plugin.RunAsync("DEL", workload.Sandbox));
        AssertSilent(await plugin.RunAsync("DEL", workload.Sandbox));
        var after = await plugin.RunAsync("ADD", workload.Sandbox);
        Assert.Equal((0, added.Output), (after.ExitCode, after.Output));

        // As containerd calls it when the sandbox is gone, and once more for good measure.
        workload.Sandbox.Vanish();
        workload.Sandbox.NetnsPath = "";
        AssertSilent(await plugin.RunAsync("DEL", workload.Sandbox));
        AssertSilent(await plugin.RunAsync("DEL", workload.Sandbox));
        Assert.Empty(node.Switch.InterfacesOf(workload.Port));
        await Eventually.HoldsAsync(() => node.JournalOf(workload).Length == 0);
    }

    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [MemberData(nameof(Versions))]
    public async Task DEL_of_what_never_was_succeeds_whatever_else_the_request_says(string version)
    {
        using var stranger = new Sandbox("never-was");
        AssertSilent(await Plugin(version).RunAsync("DEL", stranger));
        AssertSilent(await Plugin(version).RunAsync(
            "DEL", stranger, ("runtimeConfig", Json("7")), ("prevResult", Json("[]")), ("args", Json("\"x\"")), ("dns", Json("[null]"))));
        stranger.Arguments = "no pairs at all";
        AssertSilent(await Plugin(version).RunAsync("DEL", stranger));
    }

    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [MemberData(nameof(Versions))]
    public async Task ADD_where_the_interface_exists_is_refused_and_leaves_it(string version)
    {
        using var workload = await node.CreateWorkloadAsync(Cancelled);
        workload.Sandbox.Netns.Run("ip", "link", "add", "name", "eth0", "type", "veth", "peer", "name", "other");

        var refused = await Plugin(version).RunAsync("ADD", workload.Sandbox);

        AssertFailed(refused, version, CniErrorCode.InvalidEnvironment, "CNI_IFNAME");
        workload.Sandbox.Netns.Run("ip", "link", "show", "other");
        Assert.Empty(node.Switch.InterfacesOf(workload.Port));
        await Eventually.HoldsAsync(() => node.JournalOf(workload).Length == 0);
    }

    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [MemberData(nameof(Versions))]
    public async Task CHECK_compares_with_the_chains_result_where_the_version_has_it(string version)
    {
        using var workload = await node.CreateWorkloadAsync(Cancelled);
        var plugin = Plugin(version);
        var added = await plugin.RunAsync("ADD", workload.Sandbox);
        if (version == "0.3.1")
        {
            AssertFailed(await plugin.RunAsync("CHECK", workload.Sandbox, ("prevResult", added.Json)), version, CniErrorCode.IncompatibleVersion, "CHECK");
            await plugin.RunAsync("DEL", workload.Sandbox);
            return;
        }

        AssertSilent(await plugin.RunAsync("CHECK", workload.Sandbox, ("prevResult", added.Json)));
        AssertFailed(await plugin.RunAsync("CHECK", workload.Sandbox), version, CniErrorCode.InvalidConfig, "prevResult");

        // A later plugin of the chain took the IPv6 address away and said so: this is as it should be.
        workload.Sandbox.Netns.Run("ip", "addr", "del", workload.Address6.ToString(), "dev", "eth0");
        AssertFailed(await plugin.RunAsync("CHECK", workload.Sandbox, ("prevResult", added.Json)), version, CniErrorCode.NotAsMade, workload.Address6.ToString());
        var changed = JsonNode.Parse(added.Output)!;
        changed["ips"]!.AsArray().RemoveAt(1);
        changed["routes"]!.AsArray().RemoveAt(1);
        AssertSilent(await plugin.RunAsync("CHECK", workload.Sandbox, ("prevResult", Json(changed.ToJsonString()))));

        AssertSilent(await plugin.RunAsync("DEL", workload.Sandbox, ("prevResult", added.Json)));
        AssertFailed(await plugin.RunAsync("CHECK", workload.Sandbox, ("prevResult", added.Json)), version, CniErrorCode.NotAsMade, workload.Sandbox.ContainerId);
    }

    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [MemberData(nameof(Versions))]
    public async Task GC_frees_what_its_network_no_longer_wants_and_nothing_of_another_network(string version)
    {
        using var wanted = await node.CreateWorkloadAsync(Cancelled);
        using var left = await node.CreateWorkloadAsync(Cancelled);
        using var foreign = await node.CreateWorkloadAsync(Cancelled);
        var plugin = Plugin(version);
        var other = new Plugin(node.Agent.SocketPath) { Version = version, Network = "other" };
        Assert.Equal(0, (await plugin.RunAsync("ADD", wanted.Sandbox)).ExitCode);
        Assert.Equal(0, (await plugin.RunAsync("ADD", left.Sandbox)).ExitCode);
        Assert.Equal(0, (await other.RunAsync("ADD", foreign.Sandbox)).ExitCode);
        var valid = Json($$"""[{"containerID":"{{wanted.Sandbox.ContainerId}}","ifname":"eth0"}]""");
        using var nobody = new Sandbox("");

        var collected = await plugin.RunAsync("GC", nobody, ("cni.dev/valid-attachments", valid));

        if (version == "1.1.0")
        {
            AssertSilent(collected);
            Assert.Empty(node.Switch.InterfacesOf(left.Port));
            AssertFailed(await plugin.RunAsync("GC", nobody), version, CniErrorCode.InvalidConfig, "cni.dev/valid-attachments");
            Assert.Single(node.Switch.InterfacesOf(wanted.Port));
            // As libcni writes an empty list.
            AssertSilent(await plugin.RunAsync("GC", nobody, ("cni.dev/valid-attachments", Json("null"))));
            Assert.Empty(node.Switch.InterfacesOf(wanted.Port));
        }
        else
        {
            AssertFailed(collected, version, CniErrorCode.IncompatibleVersion, "GC");
            Assert.Single(node.Switch.InterfacesOf(left.Port));
        }

        Assert.Single(node.Switch.InterfacesOf(foreign.Port));
        foreach (var (each, sandbox) in new[] { (plugin, wanted.Sandbox), (plugin, left.Sandbox), (other, foreign.Sandbox) })
            AssertSilent(await each.RunAsync("DEL", sandbox));
    }

    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [MemberData(nameof(Versions))]
    public async Task STATUS_is_answered_where_the_version_has_it(string version)
    {
        using var nobody = new Sandbox("");

        // Whoever is asked may still be at what a test before has left to do.
        if (version == "1.1.0")
            await Eventually.HoldsAsync(() => Plugin(version).RunAsync("STATUS", nobody).GetAwaiter().GetResult() is { ExitCode: 0, Output: "" });
        else
            AssertFailed(await Plugin(version).RunAsync("STATUS", nobody), version, CniErrorCode.IncompatibleVersion, "STATUS");
    }

    /// <summary>ovn-controller makes the bridge anew when it goes on.</summary>
    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task STATUS_tells_a_node_that_cuts_off_what_is_plugged_in_from_one_that_only_plugs_in_nothing_new()
    {
        using var nobody = new Sandbox("");
        var plugin = Plugin("1.1.0");
        node.Switch.PauseController();
        try
        {
            node.Switch.Switch("del-br", "br-int");
            await IsSaidAsync(CniErrorCode.LimitedConnectivity, "br-int");
        }
        finally
        {
            node.Switch.ResumeController();
        }

        await Eventually.HoldsAsync(() => plugin.RunAsync("STATUS", nobody).GetAwaiter().GetResult().ExitCode == 0);
        await IsSaidWithoutAsync("ovs-vswitchd", CniErrorCode.LimitedConnectivity);
        await IsSaidWithoutAsync("ovn-controller", CniErrorCode.NotAvailable);
        await node.Api.SuspendAsync();
        try
        {
            await IsSaidAsync(CniErrorCode.NotAvailable, "API");
        }
        finally
        {
            await node.Api.ResumeAsync();
        }

        await Eventually.HoldsAsync(() => plugin.RunAsync("STATUS", nobody).GetAwaiter().GetResult().ExitCode == 0);
        using var workload = await node.CreateWorkloadAsync(Cancelled);
        var added = await plugin.RunAsync("ADD", workload.Sandbox);
        Assert.True(added.ExitCode == 0, added.Output);
        Assert.Contains(
            added.Json.GetProperty("interfaces")[0].GetProperty("mac").GetString()!,
            Command.Run("ip", "link", "show", added.Json.GetProperty("interfaces")[0].GetProperty("name").GetString()!), StringComparison.Ordinal);
        AssertSilent(await plugin.RunAsync("DEL", workload.Sandbox));

        // The agent hears of the bridge's end a little later, and others are told of first when a busy machine keeps them from answering in time.
        async Task IsSaidAsync(int code, string named)
        {
            PluginAnswer? answer = null;
            await Eventually.HoldsAsync(() => (answer = plugin.RunAsync("STATUS", nobody).GetAwaiter().GetResult()) is { ExitCode: 1 } && answer.Code == code && answer.Message.Contains(named, StringComparison.Ordinal));
            AssertFailed(answer!, "1.1.0", code, named);
        }

        async Task IsSaidWithoutAsync(string daemon, int code)
        {
            node.Switch.Kill(daemon);
            try
            {
                await IsSaidAsync(code, daemon);
            }
            finally
            {
                await node.Switch.RestartAsync(daemon);
            }

            await Eventually.HoldsAsync(() => plugin.RunAsync("STATUS", nobody).GetAwaiter().GetResult().ExitCode == 0);
        }
    }

    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [InlineData("0.1.0")]
    [InlineData("0.3.0")]
    [InlineData("1.2.0")]
    [InlineData("eleven")]
    public async Task A_version_that_is_not_spoken_is_refused(string version)
    {
        using var nobody = new Sandbox("c1");

        var refused = await Plugin(version).RunAsync("ADD", nobody);

        AssertFailed(refused, CniVersions.Newest, CniErrorCode.IncompatibleVersion, version);
        Assert.Contains("0.3.1, 0.4.0, 1.0.0, 1.1.0", refused.Details, StringComparison.Ordinal);
    }

    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [MemberData(nameof(Versions))]
    public async Task A_wish_is_granted_when_the_Nic_has_it_and_refused_when_it_has_not(string version)
    {
        using var workload = await node.CreateWorkloadAsync(Cancelled);
        var plugin = Plugin(version);

        var wrong = await plugin.RunAsync("ADD", workload.Sandbox, ("runtimeConfig", Json("""{"ips":["10.88.77.77"]}""")));

        AssertFailed(wrong, version, CniErrorCode.Refused, "10.88.77.77");
        Assert.Contains(workload.Address.ToString(), wrong.Message, StringComparison.Ordinal);
        Assert.Empty(node.Switch.InterfacesOf(workload.Port));
        await Eventually.HoldsAsync(() => node.JournalOf(workload).Length == 0);
        var limited = await plugin.RunAsync("ADD", workload.Sandbox, ("runtimeConfig", Json("""{"bandwidth":{"egressRate":1000000}}""")));
        AssertFailed(limited, version, CniErrorCode.Refused, "egressRate asks for 1M bit/s");
        var right = await plugin.RunAsync(
            "ADD", workload.Sandbox,
            ("runtimeConfig", Json($$$"""{"ips":["{{{workload.Address}}}"],"mac":"{{{workload.Mac}}}","dns":{"servers":["192.0.2.53"],"searches":["example.org"]}}""")),
            ("args", Json($$$"""{"cni":{"ips":["{{{workload.Address6}}}"]}}""")));
        Assert.True(right.ExitCode == 0, right.Output);
        var dns = right.Json.GetProperty("dns");
        Assert.Equal(["192.0.2.53"], dns.GetProperty("nameservers").EnumerateArray().Select(each => each.GetString()));
        Assert.Equal(["example.org"], dns.GetProperty("search").EnumerateArray().Select(each => each.GetString()));
        AssertSilent(await plugin.RunAsync("DEL", workload.Sandbox));
    }

    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [MemberData(nameof(Versions))]
    public async Task A_second_interface_is_another_Nic_and_does_not_take_the_default_routes(string version)
    {
        using var first = await node.CreateWorkloadAsync(Cancelled);
        using var peer = await node.CreateWorkloadAsync(Cancelled);
        var second = await node.CreateDeviceAsync(first, "net1", Cancelled);
        var plugin = Plugin(version);
        Assert.Equal(0, (await plugin.RunAsync("ADD", peer.Sandbox)).ExitCode);
        var firstAdded = await plugin.RunAsync("ADD", first.Sandbox);
        Assert.True(firstAdded.ExitCode == 0, firstAdded.Output);

        var added = await plugin.RunAsync("ADD", second.Sandbox);

        Assert.True(added.ExitCode == 0, added.Output);
        Assert.False(added.Json.TryGetProperty("routes", out var routes) && routes.GetArrayLength() > 0, added.Output);
        Assert.Equal(second.Address.ToString(), added.Json.GetProperty("ips")[0].GetProperty("address").GetString());
        foreach (var family in new[] { "-4", "-6" })
            Assert.Single(first.Sandbox.Netns.Run("ip", family, "route", "show", "default").Split('\n', StringSplitOptions.RemoveEmptyEntries), line => line.Contains("dev eth0", StringComparison.Ordinal));
        first.Sandbox.Netns.Run("ping", "-c", "1", "-W", "10", "-I", "net1", peer.Address.Address.ToString());
        first.Sandbox.Netns.Run("ping", "-c", "1", "-W", "10", "-I", "eth0", peer.Address.Address.ToString());

        if (version != "0.3.1")
        {
            // Each is compared with what was made for it.
            first.Sandbox.Netns.Run("ip", "addr", "del", second.Address.ToString(), "dev", "net1");
            AssertSilent(await plugin.RunAsync("CHECK", first.Sandbox, ("prevResult", firstAdded.Json)));
            AssertFailed(await plugin.RunAsync("CHECK", second.Sandbox, ("prevResult", added.Json)), version, CniErrorCode.NotAsMade, second.Address.ToString());
        }

        // Each goes for itself, and its Nic is detached for itself.
        AssertSilent(await plugin.RunAsync("DEL", first.Sandbox));
        Assert.Single(node.Switch.InterfacesOf(second.Port));
        AssertSilent(await plugin.RunAsync("DEL", second.Sandbox));
        Assert.Empty(node.Switch.InterfacesOf(second.Port));
        AssertSilent(await plugin.RunAsync("DEL", peer.Sandbox));
    }

    /// <summary>As Multus calls: another network, the same container, another CNI_IFNAME.</summary>
    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task Interfaces_of_a_pod_are_kept_apart_through_a_restart_by_GC_and_when_one_goes()
    {
        using var first = await node.CreateWorkloadAsync(Cancelled);
        using var peer = await node.CreateWorkloadAsync(Cancelled);
        var second = await node.CreateDeviceAsync(first, "net1", Cancelled);
        var plugin = Plugin("1.1.0");
        var other = new Plugin(node.Agent.SocketPath) { Version = "1.1.0", Network = "other" };
        Assert.Equal(0, (await plugin.RunAsync("ADD", peer.Sandbox)).ExitCode);
        var firstAdded = await plugin.RunAsync("ADD", first.Sandbox);
        var secondAdded = await other.RunAsync("ADD", second.Sandbox);
        Assert.True(secondAdded.ExitCode == 0, secondAdded.Output);
        await AttachedAsync("eth0");
        await AttachedAsync("net1");

        node.Agent.Kill();
        await node.Agent.StartAsync();

        var endpoints = (await StatusQuery.AskAsync(node.Agent.SocketPath, Cancelled)).Endpoints.Where(each => each.Container == first.Sandbox.ContainerId).ToArray();
        Assert.Equal(
            [("eth0", first.Port, first.Address.ToString()), ("net1", second.Port, second.Address.ToString())],
            endpoints.Select(each => (each.Interface, each.Nic, each.Addresses[0])));
        Assert.Equal(2, endpoints.Select(each => each.Device).Distinct().Count());
        Assert.Equal(2, node.JournalOf(first).Length);
        AssertSilent(await plugin.RunAsync("CHECK", first.Sandbox, ("prevResult", firstAdded.Json)));
        AssertSilent(await other.RunAsync("CHECK", second.Sandbox, ("prevResult", secondAdded.Json)));
        Reaches("eth0");
        Reaches("net1");

        // Of either network the other's attachments are none; of its own, those of another interface are not wanted.
        var valid = Json($$"""[{"containerID":"{{first.Sandbox.ContainerId}}","ifname":"eth0"},{"containerID":"{{peer.Sandbox.ContainerId}}","ifname":"eth0"}]""");
        AssertSilent(await plugin.RunAsync("GC", first.Sandbox, ("cni.dev/valid-attachments", valid)));
        Reaches("net1");
        AssertSilent(await other.RunAsync("GC", first.Sandbox, ("cni.dev/valid-attachments", valid)));

        Assert.Empty(node.Switch.InterfacesOf(second.Port));
        await node.Api.WaitNicAsync(first.Pod, nic => nic.Status!.Attachments.IsEmpty, Cancelled, "net1");
        Reaches("eth0");
        await AttachedAsync("eth0");
        Assert.Equal(0, (await other.RunAsync("ADD", second.Sandbox)).ExitCode);
        Reaches("net1");

        // With the namespace both devices went, and each is still asked for by itself.
        first.Sandbox.Vanish();
        AssertSilent(await plugin.RunAsync("DEL", first.Sandbox));
        Assert.Single(node.Switch.InterfacesOf(second.Port));
        AssertSilent(await other.RunAsync("DEL", second.Sandbox));
        AssertSilent(await plugin.RunAsync("DEL", peer.Sandbox));
        await Eventually.HoldsAsync(() => node.JournalOf(first).Length == 0);

        void Reaches(string device) => first.Sandbox.Netns.Run("ping", "-c", "1", "-W", "10", "-I", device, peer.Address.Address.ToString());

        Task AttachedAsync(string device) => node.Api.WaitNicAsync(
            first.Pod, nic => nic.Status!.Attachments is [{ Phase: AttachmentPhase.Attached } only] && only.Interface == device && only.ContainerId == first.Sandbox.ContainerId, Cancelled, device);
    }

    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [MemberData(nameof(Versions))]
    public async Task ADD_of_a_device_that_the_pod_names_no_Subnet_for_is_refused_at_once(string version)
    {
        using var workload = await node.CreateWorkloadAsync(Cancelled);

        var refused = await Plugin(version).RunAsync("ADD", workload.Sandbox.Device("net9"));

        AssertFailed(refused, version, CniErrorCode.Refused, "net9");
        Assert.Contains("fabric.vmnet.io/subnet.net9", refused.Details, StringComparison.Ordinal);
        Assert.Empty(node.JournalOf(workload));
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task The_configuration_decides_which_interface_has_the_default_routes()
    {
        using var first = await node.CreateWorkloadAsync(Cancelled);
        var second = await node.CreateDeviceAsync(first, "net1", Cancelled);
        var plugin = Plugin("1.1.0");

        var without = await plugin.RunAsync("ADD", first.Sandbox, ("defaultRoute", Json("false")));
        var with = await plugin.RunAsync("ADD", second.Sandbox);

        Assert.False(without.Json.TryGetProperty("routes", out var none) && none.GetArrayLength() > 0, without.Output);
        Assert.Equal(2, with.Json.GetProperty("routes").GetArrayLength());
        Assert.Contains("dev net1", first.Sandbox.Netns.Run("ip", "-6", "route", "show", "default"), StringComparison.Ordinal);
        AssertSilent(await plugin.RunAsync("DEL", first.Sandbox));
        AssertSilent(await plugin.RunAsync("DEL", second.Sandbox));
    }

    /// <summary>The answer of before is given again only to one who may not have got it.</summary>
    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task ADD_again_after_the_agent_was_killed_is_answered_once_more_and_then_refused()
    {
        using var workload = await node.CreateWorkloadAsync(Cancelled);
        var plugin = Plugin("1.1.0");
        var first = await plugin.RunAsync("ADD", workload.Sandbox);
        node.Agent.Kill();
        await node.Agent.StartAsync();

        var second = await plugin.RunAsync("ADD", workload.Sandbox);

        Assert.Equal((0, first.Output), (second.ExitCode, second.Output));
        AssertFailed(await plugin.RunAsync("ADD", workload.Sandbox), "1.1.0", CniErrorCode.InvalidEnvironment, "CNI_IFNAME");
        AssertSilent(await plugin.RunAsync("DEL", workload.Sandbox));
    }

    private Plugin Plugin(string version) => new(node.Agent.SocketPath) { Version = version };

    private static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;

    private static void AssertSilent(PluginAnswer answer) => Assert.Equal((0, ""), (answer.ExitCode, answer.Output));

    private static void AssertFailed(PluginAnswer answer, string version, int code, string named)
    {
        Assert.Equal(1, answer.ExitCode);
        Assert.Equal((version, code), (answer.Json.GetProperty("cniVersion").GetString(), answer.Code));
        Assert.Contains(named, answer.Message, StringComparison.Ordinal);
    }
}
