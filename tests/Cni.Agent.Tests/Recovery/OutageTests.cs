using Cni.Agent.Tests.Fixtures;
using Cni.Netlink;
using Cni.Protocol;
using Fabric.Resources;
using Node.Testing;

namespace Cni.Agent.Tests.Recovery;

/// <summary>Those on whom endpoints depend going away and coming back.</summary>
public sealed class OutageTests(NodeFixture node)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>The devices of the switch may survive it, as taps of its userspace datapath do when it is killed, or not.</summary>
    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Endpoints_go_on_after_ovs_vswitchd_was_killed_and_started_again(bool devicesSurvive)
    {
        using var one = await AddAsync();
        using var two = await AddAsync();
        using var waiting = await node.CreateWorkloadAsync(Cancelled, scheduled: true);
        await Eventually.HoldsAsync(() => node.Switch.IsInstalled(waiting.Port));
        using var here = NetnsScope.OpenSocket();
        var before = here.FindLink(node.Switch.InterfacesOf(two.Port).Single())!.Index;

        node.Switch.Kill("ovs-vswitchd");
        if (!devicesSurvive)
            LoseDevices(one, two, waiting);
        await node.Switch.RestartAsync("ovs-vswitchd");

        var port = node.Switch.InterfacesOf(two.Port).Single();
        await Eventually.HoldsAsync(() => here.FindLink(port) is { } link && (link.Index == before) == devicesSurvive);
        await ReachesAsync(one, two);
        Assert.Equal("1", (await File.ReadAllTextAsync($"/proc/sys/net/ipv6/conf/{port}/disable_ipv6", Cancelled)).Trim());
        var added = await node.Plugin.RunAsync("ADD", waiting.Sandbox);
        Assert.True(added.ExitCode == 0, added.Output);
        await ReachesAsync(one, waiting);
        await RemoveAsync(one, two, waiting);
    }

    /// <summary>As when both are upgraded: the agent starts while no device of the switch is there.</summary>
    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task Endpoints_go_on_after_the_agent_was_started_while_the_switch_was_away()
    {
        using var one = await AddAsync();
        using var two = await AddAsync();
        node.Switch.Kill("ovs-vswitchd");
        LoseDevices(one, two);
        node.Agent.Kill();
        await node.Agent.StartAsync();

        await node.Switch.RestartAsync("ovs-vswitchd");

        await ReachesAsync(one, two);
        await RemoveAsync(one, two);
    }

    /// <summary>Without its database ovs-vswitchd's userspace datapath rests, so that only what comes after is looked at.</summary>
    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task Endpoints_go_on_after_the_switchs_database_was_killed_and_started_again_and_an_ADD_in_between_succeeds()
    {
        using var one = await AddAsync();
        using var two = await AddAsync();
        using var late = await node.CreateWorkloadAsync(Cancelled);
        node.Switch.Kill("conf");
        var adding = node.Plugin.RunAsync("ADD", late.Sandbox);
        await Eventually.HoldsAsync(() => node.JournalOf(late).Length == 1);

        await node.Switch.RestartAsync("conf");

        var added = await adding;
        Assert.True(added.ExitCode == 0, added.Output);
        await ReachesAsync(one, two);
        await ReachesAsync(one, late);
        await RemoveAsync(one, two, late);
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task Endpoints_go_on_after_ovn_controller_was_killed_and_started_again()
    {
        using var one = await AddAsync();
        using var two = await AddAsync();

        node.Switch.Kill("ovn-controller");
        // OVN's neighbour discovery is its controller's work.
        one.Sandbox.Netns.Run("ping", "-c", "1", "-W", "10", two.Address.Address.ToString());
        await node.Switch.RestartAsync("ovn-controller");

        using var late = await AddAsync();
        await ReachesAsync(one, two);
        await ReachesAsync(one, late);
        await RemoveAsync(one, two, late);
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task Port_that_somebody_took_out_of_the_switch_comes_back()
    {
        using var one = await AddAsync();
        using var two = await AddAsync();

        node.Switch.Switch("del-port", node.Switch.InterfacesOf(two.Port).Single());

        await ReachesAsync(one, two);
        await RemoveAsync(one, two);
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task DEL_succeeds_while_the_switch_is_away_and_its_port_goes_when_it_is_back()
    {
        using var workload = await AddAsync();
        node.Switch.Kill("conf");
        try
        {
            var deleted = await node.Plugin.RunAsync("DEL", workload.Sandbox);

            Assert.True(deleted.ExitCode == 0, deleted.Output);
            using var pod = NetnsScope.OpenSocket(workload.Sandbox.NetnsPath);
            Assert.Null(pod.FindLink("eth0"));
        }
        finally
        {
            await node.Switch.RestartAsync("conf");
        }

        await Eventually.HoldsAsync(() => node.Switch.InterfacesOf(workload.Port).Length == 0);
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task Line_that_somebody_took_out_of_an_attached_Nic_comes_back()
    {
        using var workload = await AddAsync(scheduled: true);
        await node.Api.WaitNicAsync(workload.Pod, nic => !nic.Status!.Attachments.IsEmpty, Cancelled);

        await node.Api.SetStatusAsync(workload.Nic, status => status with { Attachments = [] }, Cancelled);

        await node.Api.WaitNicAsync(workload.Pod, nic => nic.Status!.Attachments.Any(each => each.Phase == AttachmentPhase.Attached), Cancelled);
        await RemoveAsync(workload);
    }

    /// <summary>The API goes on for everybody else, so that there is much to learn when the way to it is back.</summary>
    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task What_came_and_went_while_the_agent_was_cut_off_from_the_API_is_made_good_when_it_is_back()
    {
        await using var relay = new ApiRelay(node.Api.Endpoint);
        await using var agent = await node.ReplaceAgentAsync("cut-off", kubeconfig: node.Api.KubeconfigThrough(relay.Port));
        var workloads = await node.CreateWorkloadsAsync(4, scheduled: true, Cancelled);
        var (one, two, known, unstarted) = (workloads[0], workloads[1], workloads[2], workloads[3]);
        foreach (var workload in new[] { one, two })
            Assert.Equal(0, (await node.Plugin.RunAsync("ADD", workload.Sandbox)).ExitCode);
        await Eventually.HoldsAsync(() => node.Switch.IsInstalled(known.Port) && node.Switch.IsInstalled(unstarted.Port));
        await node.Api.WaitNicAsync(two.Pod, nic => !nic.Status!.Attachments.IsEmpty, Cancelled);

        relay.Cut();
        await node.Api.DeletePodAsync(unstarted.Pod, Cancelled);
        using var late = await node.CreateWorkloadAsync(Cancelled, scheduled: true);
        var refused = await node.Plugin.RunAsync("ADD", late.Sandbox);
        Assert.Equal((1, CniErrorCode.TryAgainLater), (refused.ExitCode, refused.Code));
        var added = await node.Plugin.RunAsync("ADD", known.Sandbox);
        Assert.True(added.ExitCode == 0, added.Output);
        one.Sandbox.Netns.Run("ping", "-c", "1", "-W", "10", known.Address.Address.ToString());
        Assert.Equal(0, (await node.Plugin.RunAsync("DEL", two.Sandbox)).ExitCode);
        Assert.Empty((await node.Api.FindNicAsync(known.Pod, Cancelled))!.Status!.Attachments);
        Assert.Single((await node.Api.FindNicAsync(two.Pod, Cancelled))!.Status!.Attachments);
        Assert.NotEmpty(node.Switch.InterfacesOf(unstarted.Port));
        relay.Restore();

        await Eventually.HoldsAsync(() => node.Switch.InterfacesOf(late.Port).Length == 1 && node.Switch.IsInstalled(late.Port));
        await Eventually.HoldsAsync(() => node.Switch.InterfacesOf(unstarted.Port).Length == 0);
        await node.Api.WaitNicAsync(known.Pod, nic => nic.Status!.Attachments.Any(each => each.Phase == AttachmentPhase.Attached), Cancelled);
        await node.Api.WaitNicAsync(two.Pod, nic => nic.Status!.Attachments.IsEmpty, Cancelled);
        Assert.Equal(0, (await node.Plugin.RunAsync("ADD", late.Sandbox)).ExitCode);
        await ReachesAsync(one, late);
        await RemoveAsync(one, known, late);
        await node.Api.DeletePodAsync(two.Pod, Cancelled);
        await Eventually.HoldsAsync(() => agent.Agent.Journal.Length == 0);
    }

    /// <summary>A reboot takes the containers and their devices; the disk with the journal and the switch's rows stays.</summary>
    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task After_a_reboot_what_is_gone_is_cleaned_and_what_lives_is_kept()
    {
        using var gone = await AddAsync();
        using var lives = await AddAsync();
        using var peer = await AddAsync();
        node.Agent.Kill();
        gone.Sandbox.Vanish();
        node.Switch.Kill("ovs-vswitchd");
        LoseDevices(gone, lives, peer);
        await node.Switch.RestartAsync("ovs-vswitchd");

        await node.Agent.StartAsync();

        await Eventually.HoldsAsync(() => node.JournalOf(gone).Length == 0 && node.Switch.InterfacesOf(gone.Port).Length == 0);
        await node.Api.WaitNicAsync(gone.Pod, nic => nic.Status!.Attachments.IsEmpty, Cancelled);
        await ReachesAsync(lives, peer);
        await RemoveAsync(lives, peer);
    }

    private async Task<Workload> AddAsync(bool scheduled = false)
    {
        var workload = await node.CreateWorkloadAsync(Cancelled, scheduled: scheduled);
        var added = await node.Plugin.RunAsync("ADD", workload.Sandbox);
        Assert.True(added.ExitCode == 0, added.Output);
        return workload;
    }

    private void LoseDevices(params Workload[] workloads)
    {
        foreach (var workload in workloads)
            Command.Run("ip", "link", "del", node.Switch.InterfacesOf(workload.Port).Single());
    }

    private static Task ReachesAsync(Workload from, Workload to) => Eventually.HoldsAsync(
        () => from.Sandbox.Netns.TryRun("ping", "-c", "1", "-W", "1", to.Address.Address.ToString())
            && from.Sandbox.Netns.TryRun("ping", "-c", "1", "-W", "1", to.Address6.Address.ToString()),
        TimeSpan.FromSeconds(30));

    private async Task RemoveAsync(params Workload[] workloads)
    {
        foreach (var workload in workloads)
        {
            Assert.Equal(0, (await node.Plugin.RunAsync("DEL", workload.Sandbox)).ExitCode);
            await node.Api.DeletePodAsync(workload.Pod, Cancelled);
            await Eventually.HoldsAsync(() => node.Switch.InterfacesOf(workload.Port).Length == 0);
        }
    }
}
