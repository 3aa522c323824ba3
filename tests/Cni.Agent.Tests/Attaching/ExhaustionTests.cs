using Cni.Agent.Attaching;
using Cni.Agent.Tests.Fixtures;
using Cni.Netlink;
using Cni.Protocol;
using Fabric.Resources;
using Node.Testing;

namespace Cni.Agent.Tests.Attaching;

/// <summary>A node that has no room left, and containers that go while they are set up.</summary>
public sealed class ExhaustionTests(NodeFixture node)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task ADD_on_a_full_disk_is_refused_clearly_and_leaves_nothing_and_DEL_succeeds()
    {
        await using var other = await node.ReplaceAgentAsync("full", tinyState: true);
        using var attached = await node.CreateWorkloadAsync(Cancelled);
        using var refused = await node.CreateWorkloadAsync(Cancelled);
        var added = await node.Plugin.RunAsync("ADD", attached.Sandbox);
        Assert.True(added.ExitCode == 0, added.Output);
        other.Agent.FillState();

        var answer = await node.Plugin.RunAsync("ADD", refused.Sandbox);

        Assert.Equal((1, CniErrorCode.TryAgainLater), (answer.ExitCode, answer.Code));
        Assert.Contains("journal", answer.Message, StringComparison.Ordinal);
        Assert.Contains("No space left", answer.Message, StringComparison.Ordinal);
        await AssertNothingLeftAsync(refused);
        Assert.Equal(0, (await node.Plugin.RunAsync("DEL", refused.Sandbox)).ExitCode);
        Assert.Equal(0, (await node.Plugin.RunAsync("DEL", attached.Sandbox)).ExitCode);
        await AssertNothingLeftAsync(attached);
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task ADD_of_more_than_the_maps_hold_is_refused_clearly_and_succeeds_when_one_has_gone()
    {
        await using var other = await node.ReplaceAgentAsync("small", maxEndpoints: 1);
        using var first = await node.CreateWorkloadAsync(Cancelled);
        using var second = await node.CreateWorkloadAsync(Cancelled);
        Assert.Equal(0, (await node.Plugin.RunAsync("ADD", first.Sandbox)).ExitCode);

        var answer = await node.Plugin.RunAsync("ADD", second.Sandbox);

        Assert.Equal((1, CniErrorCode.TryAgainLater), (answer.ExitCode, answer.Code));
        Assert.Contains("full", answer.Message, StringComparison.Ordinal);
        await AssertNothingLeftAsync(second);
        Assert.Equal(0, (await node.Plugin.RunAsync("DEL", first.Sandbox)).ExitCode);
        // That shows as well that a removal leaves no entry in a map.
        var again = await node.Plugin.RunAsync("ADD", second.Sandbox);
        Assert.True(again.ExitCode == 0, again.Output);
        await node.Plugin.RunAsync("DEL", second.Sandbox);
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task ADD_whose_port_name_is_somebody_elses_is_refused_and_leaves_their_port()
    {
        using var workload = await node.CreateWorkloadAsync(Cancelled);
        using var other = await node.CreateWorkloadAsync(Cancelled);
        var name = DeviceNames.SwitchPortOf(workload.Pod.Metadata.Uid!, ResourceTypes.Nics.KeyOf(workload.Nic));
        node.Switch.Switch("add-port", "br-int", name, "--", "set", "Interface", name, "type=internal");
        // The agent hears of the switch's changes in their order: when it has made a port of its own, it has heard of this one.
        Assert.Equal(0, (await node.Plugin.RunAsync("ADD", other.Sandbox)).ExitCode);

        var refused = await node.Plugin.RunAsync("ADD", workload.Sandbox);

        Assert.Equal((1, CniErrorCode.InputOutput), (refused.ExitCode, refused.Code));
        Assert.Contains(name, refused.Message, StringComparison.Ordinal);
        Assert.Contains(name, node.Switch.Switch("list-ports", "br-int"), StringComparison.Ordinal);
        node.Switch.Switch("del-port", name);
        await AssertNothingLeftAsync(workload);
        await node.Plugin.RunAsync("DEL", other.Sandbox);
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task Container_that_goes_while_ADD_waits_for_OVN_leaves_nothing_after_its_DEL()
    {
        using var workload = await node.CreateWorkloadAsync(Cancelled);
        node.Switch.PauseController();
        Task<PluginAnswer> adding;
        try
        {
            adding = node.Plugin.RunAsync("ADD", workload.Sandbox);
            using var pod = NetnsScope.OpenSocket(workload.Sandbox.NetnsPath);
            await Eventually.HoldsAsync(() => pod.FindLink("eth0") is { IsUp: true });
            pod.Dispose();
            workload.Sandbox.Vanish();
        }
        finally
        {
            node.Switch.ResumeController();
        }

        await adding;
        Assert.Equal(0, (await node.Plugin.RunAsync("DEL", workload.Sandbox)).ExitCode);
        await AssertNothingLeftAsync(workload);
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task Container_that_goes_before_its_devices_are_made_is_told_as_such()
    {
        using var workload = await node.CreateWorkloadAsync(Cancelled, ready: false);
        var adding = node.Plugin.RunAsync("ADD", workload.Sandbox);
        workload.Sandbox.Vanish();
        await node.MakeReadyAsync(workload, Cancelled);

        var refused = await adding;

        Assert.Equal((1, CniErrorCode.UnknownContainer), (refused.ExitCode, refused.Code));
        await AssertNothingLeftAsync(workload);
    }

    private async Task AssertNothingLeftAsync(Workload workload)
    {
        await node.Api.WaitNicAsync(workload.Pod, nic => nic.Status!.Attachments.IsEmpty, Cancelled);
        await Eventually.HoldsAsync(() => node.Switch.InterfacesOf(workload.Port).Length == 0);
        using var here = NetnsScope.OpenSocket();
        Assert.Null(here.FindLink(DeviceNames.EndpointOf(new Cni.Agent.Journal.AttachmentKey(workload.Sandbox.ContainerId, "eth0"))));
        // It is forgotten after the Nic's status has been written.
        await Eventually.HoldsAsync(() => node.JournalOf(workload).Length == 0);
        if (File.Exists(workload.Sandbox.NetnsPath))
        {
            using var pod = NetnsScope.OpenSocket(workload.Sandbox.NetnsPath);
            Assert.Null(pod.FindLink("eth0"));
        }
    }
}
