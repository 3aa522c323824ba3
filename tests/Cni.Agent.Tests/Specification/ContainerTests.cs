using System.Text.Json;
using Cni.Agent.Tests.Fixtures;
using Cni.Protocol;
using Fabric.Resources;
using Node.Testing;

namespace Cni.Agent.Tests.Specification;

/// <summary>Containers that are no pods: their Nics are made by ADD and go with them.</summary>
public sealed class ContainerTests(NodeFixture node)
{
    public static TheoryData<string> Versions => [.. CniVersions.Supported];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [MemberData(nameof(Versions))]
    public async Task ADD_makes_a_Nic_with_what_is_wished_and_DEL_gives_all_back(string version)
    {
        var network = Network($"made-{version.Replace('.', '-')}");
        await using var control = await ContainerControl.StartAsync(node, network.Namespace, Cancelled);
        using var one = new Sandbox("web-1");
        using var two = new Sandbox("0a1b2c", "IgnoreUnknown=1;K8S_POD_NAME=Web_2;IP=10.88.200.7;MAC=02:00:00:88:c8:07");
        var plugin = new Plugin(node.Agent.SocketPath) { Version = version };

        var first = await plugin.RunAsync("ADD", one, [.. network.Fields, ("args", Json("""{"cni":{"labels":[{"key":"app","value":"shop"}]}}"""))]);
        var second = await plugin.RunAsync("ADD", two, network.Fields);

        Assert.True(first.ExitCode == 0, first.Output);
        Assert.True(second.ExitCode == 0, second.Output);
        var nics = (await control.NicsAsync(Cancelled)).OrderBy(nic => nic.Spec.Owner.Name, StringComparer.Ordinal).ToArray();
        Assert.Equal(["Web_2", "web-1"], nics.Select(nic => nic.Spec.Owner.Name));
        Assert.All(nics, nic => Assert.Equal((NicOwnerKind.Container, SwitchFixture.NodeName, "web"), (nic.Spec.Owner.Kind, nic.Spec.Owner.Node, nic.Spec.Subnet)));
        Assert.Equal("shop", nics[1].Metadata.Label("app"));
        Assert.Contains(new WishSource { Field = WishField.Addresses, Source = "IP in CNI_ARGS" }, nics[0].Spec.Sources);
        Assert.Equal("10.88.200.7/16", second.Json.GetProperty("ips")[0].GetProperty("address").GetString());
        Assert.Contains("02:00:00:88:c8:07", two.Netns.Run("ip", "link", "show", "eth0"), StringComparison.Ordinal);
        one.Netns.Run("ping", "-c", "1", "-W", "10", "10.88.200.7");
        Assert.Equal(4, control.InUse.Count);

        Assert.Equal((0, ""), Ended(await plugin.RunAsync("DEL", one, network.Fields)));
        two.Vanish();
        two.NetnsPath = "";
        Assert.Equal((0, ""), Ended(await plugin.RunAsync("DEL", two, network.Fields)));
        Assert.Equal((0, ""), Ended(await plugin.RunAsync("DEL", two, network.Fields)));
        await AssertNothingLeftAsync(control);
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task A_container_made_again_under_its_id_waits_for_the_Nic_of_before_to_go()
    {
        var network = Network("again");
        await using var control = await ContainerControl.StartAsync(node, network.Namespace, Cancelled);
        using var sandbox = new Sandbox("again-1");
        for (var round = 0; round < 3; round++)
        {
            var added = await Plugin.RunAsync("ADD", sandbox, network.Fields);
            Assert.True(added.ExitCode == 0, added.Output);
            Assert.Equal((0, ""), Ended(await Plugin.RunAsync("DEL", sandbox, network.Fields)));
        }

        await AssertNothingLeftAsync(control);
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task DEL_while_the_API_is_away_succeeds_and_the_addresses_come_back_when_it_does()
    {
        var network = Network("away");
        await using var control = await ContainerControl.StartAsync(node, network.Namespace, Cancelled);
        using var sandbox = new Sandbox("away-1");
        var added = await Plugin.RunAsync("ADD", sandbox, network.Fields);
        Assert.True(added.ExitCode == 0, added.Output);
        await node.Api.SuspendAsync();
        try
        {
            Assert.Equal((0, ""), Ended(await Plugin.RunAsync("DEL", sandbox, network.Fields)));
            Assert.Single(JournalOf(sandbox));
            // What is left to do outlives the agent.
            node.Agent.Kill();
        }
        finally
        {
            await node.Api.ResumeAsync();
            await node.Agent.StartAsync();
        }

        await AssertNothingLeftAsync(control);
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task ADD_cut_off_half_way_leaves_no_Nic_and_succeeds_when_repeated()
    {
        var network = Network("cut");
        await using var control = await ContainerControl.StartAsync(node, network.Namespace, Cancelled);
        using var sandbox = new Sandbox("cut-1");
        node.Switch.PauseController();
        try
        {
            var adding = Plugin.RunAsync("ADD", sandbox, network.Fields);
            await Eventually.HoldsAsync(() => node.Agent.JournalWith("Started").Length > 0);
            node.Agent.Kill();
            Assert.Equal(CniErrorCode.TryAgainLater, (await adding).Code);
            await node.Agent.StartAsync();
        }
        finally
        {
            node.Switch.ResumeController();
        }

        await AssertNothingLeftAsync(control);
        var added = await Plugin.RunAsync("ADD", sandbox, network.Fields);
        Assert.True(added.ExitCode == 0, added.Output);
        Assert.Equal((0, ""), Ended(await Plugin.RunAsync("DEL", sandbox, network.Fields)));
        await AssertNothingLeftAsync(control);
    }

    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [InlineData("GC")]
    [InlineData("a start of the agent")]
    [InlineData("a start of the agent that lost its journal")]
    public async Task A_container_gone_without_DEL_gives_its_addresses_back_at(string occasion)
    {
        var network = Network(occasion == "GC" ? "gone-gc" : occasion.EndsWith("journal", StringComparison.Ordinal) ? "gone-disk" : "gone-start");
        await using var control = await ContainerControl.StartAsync(node, network.Namespace, Cancelled);
        using var sandbox = new Sandbox("gone-1");
        var added = await Plugin.RunAsync("ADD", sandbox, network.Fields);
        Assert.True(added.ExitCode == 0, added.Output);

        if (occasion == "GC")
        {
            sandbox.Vanish();
            var collected = await Plugin.RunAsync("GC", sandbox, [.. network.Fields, ("cni.dev/valid-attachments", Json("[]"))]);
            Assert.Equal((0, ""), Ended(collected));
        }
        else
        {
            // First, for an agent that runs would look for such containers itself before long.
            node.Agent.Kill();
            sandbox.Vanish();
            if (occasion.EndsWith("journal", StringComparison.Ordinal))
                File.Delete(Assert.Single(JournalOf(sandbox)));
            await node.Agent.StartAsync();
        }

        await AssertNothingLeftAsync(control);
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task Of_a_container_that_lives_a_start_of_the_agent_takes_nothing()
    {
        var network = Network("lives");
        await using var control = await ContainerControl.StartAsync(node, network.Namespace, Cancelled);
        using var sandbox = new Sandbox("lives-1");
        var added = await Plugin.RunAsync("ADD", sandbox, network.Fields);

        node.Agent.Kill();
        await node.Agent.StartAsync();

        Assert.Equal((0, ""), Ended(await Plugin.RunAsync("CHECK", sandbox, [.. network.Fields, ("prevResult", added.Json)])));
        Assert.False(Assert.Single(await control.NicsAsync(Cancelled)).Metadata.IsDeleting);
        Assert.Equal((0, ""), Ended(await Plugin.RunAsync("DEL", sandbox, network.Fields)));
        await AssertNothingLeftAsync(control);
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task A_network_whose_namespace_is_missing_is_said_by_ADD_and_STATUS()
    {
        using var sandbox = new Sandbox("lost-1");
        var network = Network("nowhere");

        var added = await Plugin.RunAsync("ADD", sandbox, network.Fields);

        Assert.Equal((1, CniErrorCode.Refused), (added.ExitCode, added.Code));
        Assert.Contains("nowhere", added.Message, StringComparison.Ordinal);
        Assert.Contains("kubectl create namespace nowhere", added.Details, StringComparison.Ordinal);
        // Others are told of first when a busy machine keeps them from answering in time.
        await Eventually.HoldsAsync(() => Plugin.RunAsync("STATUS", sandbox, ("namespace", Json("\"nowhere\""))).GetAwaiter().GetResult() is { ExitCode: 1 } status && status.Code == CniErrorCode.NotAvailable);
        await Eventually.HoldsAsync(() => JournalOf(sandbox).Length == 0);
    }

    private string[] JournalOf(Sandbox sandbox) => node.Agent.JournalWith($"\"{sandbox.ContainerId}\"");

    private Plugin Plugin => new(node.Agent.SocketPath) { Version = "1.1.0" };

    private static (string Namespace, (string Name, JsonElement Value)[] Fields) Network(string name) =>
        (name, [("namespace", Json($"\"{name}\"")), ("subnet", Json("\"web\""))]);

    private static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;

    private static (int ExitCode, string Output) Ended(PluginAnswer answer) => (answer.ExitCode, answer.Output);

    private async Task AssertNothingLeftAsync(ContainerControl control)
    {
        await Eventually.HoldsAsync(() => node.Agent.Journal.Length == 0 && control.InUse.Count == 0);
        await Eventually.HoldsAsync(() => control.NicsAsync(Cancelled).GetAwaiter().GetResult().Count == 0);
        // An agent that starts has ports removed beside all else.
        await Eventually.HoldsAsync(() => node.Switch.Switch("--bare", "--columns=name", "find", "Interface", "external_ids:fabric-owner=agent").Trim().Length == 0);
    }
}
