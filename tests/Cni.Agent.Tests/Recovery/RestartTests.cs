using System.Text.Json.Nodes;
using Cni.Agent.Tests.Fixtures;
using Cni.Netlink;
using Cni.Protocol;
using Node.Testing;

namespace Cni.Agent.Tests.Recovery;

public sealed class RestartTests(NodeFixture node)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>A thousand echo requests a second pass through OVN while the agent is killed and started, and ended and started.</summary>
    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task Endpoints_lose_no_packet_to_a_restart_of_the_agent()
    {
        using var one = await node.CreateWorkloadAsync(Cancelled);
        using var two = await node.CreateWorkloadAsync(Cancelled);
        await node.Plugin.RunAsync("ADD", one.Sandbox);
        await node.Plugin.RunAsync("ADD", two.Sandbox);
        using var here = NetnsScope.OpenSocket();
        var device = here.FindLink(node.Switch.InterfacesOf(two.Port).Single())!.Index;
        var program = here.GetIngressFilters(device).Single().ProgramId;

        using var stream = new EchoStream(one.Sandbox.Netns, two.Address.Address);
        await stream.WaitForAsync(500);
        node.Agent.Kill();
        await node.Agent.StartAsync();
        var killed = here.GetIngressFilters(device).Single().ProgramId;
        await stream.WaitForAsync(500);
        node.Agent.Terminate();
        await node.Agent.StartAsync();
        var ended = here.GetIngressFilters(device).Single().ProgramId;
        await stream.WaitForAsync(500);

        Assert.Equal(3, new[] { program, killed, ended }.Distinct().Count());
        // What is late, on the way through OVN beside others that pass it by, is not lost.
        await Eventually.HoldsAsync(() => stream.Missing().Count == 0);
        await node.Plugin.RunAsync("DEL", one.Sandbox);
        await node.Plugin.RunAsync("DEL", two.Sandbox);
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task ADD_cut_off_half_way_leaves_nothing_and_succeeds_when_repeated()
    {
        using var workload = await node.CreateWorkloadAsync(Cancelled);
        node.Switch.PauseController();
        try
        {
            var adding = node.Plugin.RunAsync("ADD", workload.Sandbox);
            await Eventually.HoldsAsync(() => node.Agent.JournalWith("Started").Length > 0);
            await Eventually.HoldsAsync(() => node.Switch.InterfacesOf(workload.Port).Length == 1);
            node.Agent.Kill();
            Assert.Equal((1, CniErrorCode.TryAgainLater), (await adding is var cut ? cut.ExitCode : 0, cut.Code));
            await node.Agent.StartAsync();
        }
        finally
        {
            node.Switch.ResumeController();
        }

        await AssertNothingLeftAsync(workload);
        var added = await node.Plugin.RunAsync("ADD", workload.Sandbox);
        Assert.True(added.ExitCode == 0, added.Output);
        await node.Plugin.RunAsync("DEL", workload.Sandbox);
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task ADD_whose_answer_was_lost_is_answered_the_same_when_repeated()
    {
        using var workload = await node.CreateWorkloadAsync(Cancelled);
        var first = await node.Plugin.RunAsync("ADD", workload.Sandbox);
        node.Agent.Kill();
        await node.Agent.StartAsync();

        var second = await node.Plugin.RunAsync("ADD", workload.Sandbox);

        Assert.Equal((0, first.Output), (second.ExitCode, second.Output));
        Assert.Single(node.Switch.InterfacesOf(workload.Port));
        await node.Plugin.RunAsync("DEL", workload.Sandbox);
        await AssertNothingLeftAsync(workload);
    }

    /// <summary>The journal as a crash leaves it at each mark; what is behind the mark must be put right.</summary>
    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [InlineData("Pending")]
    [InlineData("Started")]
    [InlineData("Releasing")]
    public async Task Agent_that_finds_an_unfinished_mark_removes_what_is_behind_it(string mark)
    {
        using var workload = await node.CreateWorkloadAsync(Cancelled);
        var first = await node.Plugin.RunAsync("ADD", workload.Sandbox);
        node.Agent.Kill();
        var file = Assert.Single(node.JournalOf(workload));
        var record = JsonNode.Parse(await File.ReadAllTextAsync(file, Cancelled))!;
        record["step"] = mark;
        await File.WriteAllTextAsync(file, record.ToJsonString(), Cancelled);

        await node.Agent.StartAsync();

        await Eventually.HoldsAsync(() => node.JournalOf(workload).Length == 0);
        await AssertNothingLeftAsync(workload);
        var again = await node.Plugin.RunAsync("ADD", workload.Sandbox);
        Assert.Equal((0, first.Output), (again.ExitCode, again.Output));
        await node.Plugin.RunAsync("DEL", workload.Sandbox);
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task Attachment_whose_container_went_while_the_agent_was_down_is_removed_at_its_start()
    {
        using var workload = await node.CreateWorkloadAsync(Cancelled);
        await node.Plugin.RunAsync("ADD", workload.Sandbox);
        node.Agent.Kill();
        workload.Sandbox.Vanish();

        await node.Agent.StartAsync();

        await Eventually.HoldsAsync(() => node.JournalOf(workload).Length == 0);
        await AssertNothingLeftAsync(workload);
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task Attachment_of_this_node_that_no_journal_knows_is_taken_out_of_its_Nic()
    {
        using var workload = await node.CreateWorkloadAsync(Cancelled);
        await node.Plugin.RunAsync("ADD", workload.Sandbox);
        node.Agent.Kill();
        File.Delete(Assert.Single(node.JournalOf(workload)));
        // What the control plane has made of the attachment.
        await node.Api.SetStatusAsync(workload.Nic, status => status with { Node = SwitchFixture.NodeName }, Cancelled);

        await node.Agent.StartAsync();

        await node.Api.WaitNicAsync(workload.Pod, nic => nic.Status!.Attachments.IsEmpty, Cancelled);
        await node.Api.DeletePodAsync(workload.Pod, Cancelled);
        await AssertNothingLeftAsync(workload);
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task Second_agent_on_the_same_socket_says_so_and_touches_nothing()
    {
        using var workload = await node.CreateWorkloadAsync(Cancelled);
        var added = await node.Plugin.RunAsync("ADD", workload.Sandbox);
        using var second = new AgentProcess(Path.GetDirectoryName(node.Agent.SocketPath)!, node.Api.Kubeconfig, node.Switch.Endpoint, "second");

        var words = await second.StartInVainAsync();

        Assert.Contains(node.Agent.SocketPath, words, StringComparison.Ordinal);
        Assert.Equal(0, (await node.Plugin.RunAsync("CHECK", workload.Sandbox, ("prevResult", added.Json))).ExitCode);
        await node.Plugin.RunAsync("DEL", workload.Sandbox);
    }

    private async Task AssertNothingLeftAsync(Workload workload)
    {
        await Eventually.HoldsAsync(() => node.Switch.InterfacesOf(workload.Port).Length == 0);
        await node.Api.WaitNicAsync(workload.Pod, nic => nic.Status!.Attachments.IsEmpty, Cancelled);
        using var here = NetnsScope.OpenSocket();
        await Eventually.HoldsAsync(() => !here.GetLinks().Any(link => link.Name.StartsWith("fb", StringComparison.Ordinal)));
        if (!File.Exists(workload.Sandbox.NetnsPath))
            return;
        using var pod = NetnsScope.OpenSocket(workload.Sandbox.NetnsPath);
        Assert.Null(pod.FindLink("eth0"));
    }
}
