using Cni.Agent.Tests.Fixtures;
using Cni.Netlink;
using Cni.Protocol;
using Fabric.Resources;
using Node.Testing;

namespace Cni.Agent.Tests.Attaching;

/// <summary>Ports that are there before the runtime asks.</summary>
public sealed class ReadyPortTests(NodeFixture node)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task Port_of_a_scheduled_pod_is_installed_before_ADD_which_only_joins_it()
    {
        using var workload = await node.CreateWorkloadAsync(Cancelled, scheduled: true);
        using var peer = await node.CreateWorkloadAsync(Cancelled, scheduled: true);
        await Eventually.HoldsAsync(() => node.Switch.IsInstalled(workload.Port) && node.Switch.IsInstalled(peer.Port));
        var port = node.Switch.InterfacesOf(workload.Port).Single();
        using var here = NetnsScope.OpenSocket();
        var device = here.FindLink(port)!;

        // Until it is joined it belongs to nobody: what the switch sends to it must not reach the node. OVN may be done with it before the agent is.
        await Eventually.HoldsAsync(() => here.GetIngressFilters(device.Index).Count == 1);
        Assert.Equal("1", File.ReadAllText($"/proc/sys/net/ipv6/conf/{port}/disable_ipv6").Trim());

        // With the API, OVN's controller and its daemon all stopped, nobody can be asked.
        await node.Api.SuspendAsync();
        node.Switch.PauseController();
        try
        {
            var added = await node.Plugin.RunAsync("ADD", workload.Sandbox);
            Assert.True(added.ExitCode == 0, added.Output);
            Assert.Equal(0, (await node.Plugin.RunAsync("ADD", peer.Sandbox)).ExitCode);
            Assert.Equal(device.Index, here.FindLink(node.Switch.InterfacesOf(workload.Port).Single())!.Index);
            workload.Sandbox.Netns.Run("ping", "-c", "1", "-W", "10", peer.Address.Address.ToString());
        }
        finally
        {
            node.Switch.ResumeController();
            await node.Api.ResumeAsync();
        }

        // OVN's neighbour discovery is its controller's work, which has stood still until now.
        await Eventually.HoldsAsync(() => workload.Sandbox.Netns.TryRun("ping", "-c", "1", "-W", "1", peer.Address6.Address.ToString()));
        // What could not be written to the Nic is written when the API is back.
        await node.Api.WaitNicAsync(workload.Pod, nic => nic.Status!.Attachments.Any(each => each.Phase == AttachmentPhase.Attached), Cancelled);
        foreach (var each in new[] { workload, peer })
        {
            await node.Plugin.RunAsync("DEL", each.Sandbox);
            await node.Api.DeletePodAsync(each.Pod, Cancelled);
            await AssertGoneAsync(each);
        }
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task Pod_that_goes_without_ever_being_added_leaves_nothing()
    {
        using var workload = await node.CreateWorkloadAsync(Cancelled, scheduled: true);
        await Eventually.HoldsAsync(() => node.Switch.IsInstalled(workload.Port));

        await node.Api.DeletePodAsync(workload.Pod, Cancelled);

        await AssertGoneAsync(workload);
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task Nic_that_moves_to_another_node_before_ADD_leaves_no_port()
    {
        using var workload = await node.CreateWorkloadAsync(Cancelled, scheduled: true);
        await Eventually.HoldsAsync(() => node.Switch.IsInstalled(workload.Port));

        await node.Api.SetStatusAsync(workload.Nic, status => status with { Node = "elsewhere" }, Cancelled);

        await AssertGoneAsync(workload);
        await node.Api.DeletePodAsync(workload.Pod, Cancelled);
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task Agent_that_starts_while_a_pod_is_scheduled_makes_its_port_ready()
    {
        node.Agent.Kill();
        using var workload = await node.CreateWorkloadAsync(Cancelled, scheduled: true);

        await node.Agent.StartAsync();

        await Eventually.HoldsAsync(() => node.Switch.IsInstalled(workload.Port));
        node.Agent.Kill();
        await node.Agent.StartAsync();
        await Eventually.HoldsAsync(() => node.Switch.InterfacesOf(workload.Port).Length == 1 && node.Switch.IsInstalled(workload.Port));
        await node.Api.DeletePodAsync(workload.Pod, Cancelled);
        await AssertGoneAsync(workload);
    }

    /// <summary>A kubelet that makes a pod's sandbox anew asks for DEL of the old one when it likes.</summary>
    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [InlineData(true)]
    [InlineData(false)]
    public async Task DEL_of_a_pods_old_sandbox_after_ADD_of_its_new_one_harms_neither_the_new_one_nor_its_restart(bool scheduled)
    {
        using var workload = await node.CreateWorkloadAsync(Cancelled, scheduled: scheduled);
        using var peer = await node.CreateWorkloadAsync(Cancelled, scheduled: true);
        using var newer = new Sandbox(workload.Pod);
        Assert.Equal(0, (await node.Plugin.RunAsync("ADD", peer.Sandbox)).ExitCode);
        var first = await node.Plugin.RunAsync("ADD", workload.Sandbox);
        var second = await node.Plugin.RunAsync("ADD", newer);
        Assert.True(second.ExitCode == 0, second.Output);
        newer.Netns.Run("ping", "-c", "1", "-W", "10", peer.Address.Address.ToString());
        // The old one is cut off: an address is at one place.
        Assert.False(workload.Sandbox.Netns.TryRun("ping", "-c", "1", "-W", "1", peer.Address.Address.ToString()));

        node.Agent.Kill();
        await node.Agent.StartAsync();
        newer.Netns.Run("ping", "-c", "1", "-W", "10", peer.Address.Address.ToString());
        Assert.Equal(0, (await node.Plugin.RunAsync("DEL", workload.Sandbox)).ExitCode);

        newer.Netns.Run("ping", "-c", "1", "-W", "10", peer.Address.Address.ToString());
        Assert.Equal(0, (await node.Plugin.RunAsync("CHECK", newer, ("prevResult", second.Json))).ExitCode);
        await Eventually.HoldsAsync(() => node.JournalOf(workload).Length == 0);
        var nic = await node.Api.WaitNicAsync(workload.Pod, nic => nic.Status!.Attachments.Any(each => each.ContainerId == newer.ContainerId), Cancelled);
        Assert.Single(nic.Status!.Attachments);
        Assert.Equal(0, (await node.Plugin.RunAsync("DEL", newer)).ExitCode);
        await node.Api.WaitNicAsync(workload.Pod, nic => nic.Status!.Attachments.IsEmpty, Cancelled);
        await node.Plugin.RunAsync("DEL", peer.Sandbox);
        await node.Api.DeletePodAsync(workload.Pod, Cancelled);
        await node.Api.DeletePodAsync(peer.Pod, Cancelled);
        await AssertGoneAsync(workload);
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task ADD_of_a_pod_that_nobody_has_told_the_agent_of_is_put_off_while_the_API_is_away()
    {
        using var known = await node.CreateWorkloadAsync(Cancelled, scheduled: true);
        using var unknown = new Sandbox(known.Pod with { Metadata = known.Pod.Metadata with { Name = "never-seen", Uid = "never-seen" } });
        await Eventually.HoldsAsync(() => node.Switch.IsInstalled(known.Port));
        await node.Api.SuspendAsync();
        try
        {
            // An agent that is started now knows only what it can ask.
            var refused = await node.Plugin.RunAsync("ADD", unknown);
            Assert.Equal((1, CniErrorCode.TryAgainLater), (refused.ExitCode, refused.Code));
            var added = await node.Plugin.RunAsync("ADD", known.Sandbox);
            Assert.True(added.ExitCode == 0, added.Output);
            Assert.Equal(0, (await node.Plugin.RunAsync("DEL", known.Sandbox)).ExitCode);
        }
        finally
        {
            await node.Api.ResumeAsync();
        }

        await node.Api.WaitNicAsync(known.Pod, nic => nic.Status!.Attachments.IsEmpty, Cancelled);
        await node.Api.DeletePodAsync(known.Pod, Cancelled);
        await AssertGoneAsync(known);
    }

    private async Task AssertGoneAsync(Workload workload)
    {
        await Eventually.HoldsAsync(() => node.Switch.InterfacesOf(workload.Port).Length == 0);
        await Eventually.HoldsAsync(() => node.JournalOf(workload).Length == 0);
        // ovs-vswitchd takes the device away after the row is gone.
        using var here = NetnsScope.OpenSocket();
        var device = Cni.Agent.Attaching.DeviceNames.SwitchPortOf(workload.Pod.Metadata.Uid!, ResourceTypes.Nics.KeyOf(workload.Nic));
        await Eventually.HoldsAsync(() => here.GetLinks().All(link => link.Name != device));
    }
}
