using System.Text.Json;
using Cni.Agent.Attaching;
using Cni.Agent.Journal;
using Cni.Agent.Nics;
using Cni.Agent.Tests.Fixtures;
using Cni.Netlink;
using Fabric.Primitives;
using Fabric.Resources;
using Node.Testing;

namespace Cni.Agent.Tests.Shaping;

/// <summary>What the agent makes of a Nic's limits, as the kernel shows it; that rates hold is the datapath's to show.</summary>
public sealed class LimitTests(NodeFixture node)
{
    private static readonly NicQos Qos = new()
    {
        Ingress = new QosLimit { Average = BitRate.Parse("10M") },
        Egress = new QosLimit { Average = BitRate.Parse("1M"), Peak = BitRate.Parse("20M"), Burst = ByteSize.Parse("512Ki") },
    };

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task A_Nic_is_limited_when_it_is_attached_and_follows_what_its_status_says_until_it_is_gone()
    {
        using var workload = await LimitedAsync(Qos);
        using var here = NetnsScope.OpenSocket();

        Assert.Equal(0, (await node.Plugin.RunAsync("ADD", workload.Sandbox)).ExitCode);

        // Both in the direction of the VM: what it is sent waits on the node's end, what it sends in the shaper.
        AssertLimits(here, workload, "10M", "1M", "20M", 512 << 10);
        await SetAsync(workload, new NicQos { Ingress = new QosLimit { Average = BitRate.Parse("30M") } });
        await Eventually.HoldsAsync(() => Ingress(here, workload)?.Rate == BitRate.Parse("30M") && here.FindLink(Names(workload).Shaper.Near) is null);
        await SetAsync(workload, null);
        await Eventually.HoldsAsync(() => Ingress(here, workload) is null);
        await SetAsync(workload, Qos);
        await Eventually.HoldsAsync(() => IsShaped(here, workload));
        AssertLimits(here, workload, "10M", "1M", "20M", 512 << 10);
        Assert.Null((await node.Api.FindNicAsync(workload.Pod, Cancelled))!.Status!.Conditions.Find(NicQos.EnforcedCondition));
        Assert.Equal(0, (await node.Plugin.RunAsync("DEL", workload.Sandbox)).ExitCode);
        // A look at the Nic that has come by meanwhile takes back what it has made.
        await Eventually.HoldsAsync(() => here.FindLink(Names(workload).Shaper.Near) is null && here.FindLink(Names(workload).Shaper.Far) is null);
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task An_agent_that_starts_again_mends_what_somebody_took_away_and_hears_what_has_changed()
    {
        using var kept = await LimitedAsync(Qos);
        using var broken = await LimitedAsync(Qos);
        using var gone = await LimitedAsync(Qos);
        using var here = NetnsScope.OpenSocket();
        foreach (var workload in new[] { kept, broken, gone })
            Assert.Equal(0, (await node.Plugin.RunAsync("ADD", workload.Sandbox)).ExitCode);
        var shaper = here.FindLink(Names(kept).Shaper.Near)!.Index;

        node.Agent.Kill();
        here.HoldRootQueue(here.FindLink(Names(broken).Endpoint)!.Index);
        here.DeleteLink(Names(broken).Shaper.Near);
        await SetAsync(gone, null);
        await node.Agent.StartAsync();

        await Eventually.HoldsAsync(() => IsShaped(here, broken) && Ingress(here, gone) is null && here.FindLink(Names(gone).Shaper.Near) is null);
        AssertLimits(here, broken, "10M", "1M", "20M", 512 << 10);
        AssertLimits(here, kept, "10M", "1M", "20M", 512 << 10);
        Assert.Equal(shaper, here.FindLink(Names(kept).Shaper.Near)!.Index);
        foreach (var workload in new[] { kept, broken, gone })
            Assert.Equal(0, (await node.Plugin.RunAsync("DEL", workload.Sandbox)).ExitCode);
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task A_shaper_whose_container_went_while_no_agent_ran_is_removed()
    {
        var workload = await LimitedAsync(Qos);
        using var here = NetnsScope.OpenSocket();
        Assert.Equal(0, (await node.Plugin.RunAsync("ADD", workload.Sandbox)).ExitCode);

        node.Agent.Kill();
        workload.Sandbox.Vanish();
        await Eventually.HoldsAsync(() => here.FindLink(Names(workload).Endpoint) is null);
        await node.Agent.StartAsync();

        await Eventually.HoldsAsync(() => here.FindLink(Names(workload).Shaper.Near) is null);
    }

    /// <summary>This kernel has all that is needed; what is said where one has not is written in this way.</summary>
    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task What_a_node_cannot_enforce_is_said_on_the_Nic_and_taken_back()
    {
        using var workload = await node.CreateWorkloadAsync(Cancelled, qos: Qos);
        var status = new AttachmentStatus(node.Api.Client, "node-without", TimeProvider.System, () => null);
        var key = ResourceTypes.Nics.KeyOf(workload.Nic);

        await status.SetQosFaultAsync(key, "no such queue", Cancelled);

        var nic = (await node.Api.FindNicAsync(workload.Pod, Cancelled))!;
        var said = nic.Status!.Conditions.Find(NicQos.EnforcedCondition)!;
        Assert.Equal(("False", "NotSupported", "Node node-without: no such queue"), (said.Status, said.Reason, said.Message));
        Assert.True(nic.Status.Conditions.Find(Condition.Ready)!.IsTrue);
        Assert.True(status.IsQosFaultSaid(nic, "no such queue"));
        Assert.False(status.IsQosFaultSaid(nic, null));
        // The agent of this node holds it to its limits, and says nothing of what another could not. It hears of the Nic only now, and of this with it.
        await node.Api.SetStatusAsync(workload.Nic, current => current with { Node = SwitchFixture.NodeName }, Cancelled);
        Assert.Equal(0, (await node.Plugin.RunAsync("ADD", workload.Sandbox)).ExitCode);
        await node.Api.WaitNicAsync(workload.Pod, current => current.Status!.Conditions.Find(NicQos.EnforcedCondition) is null, Cancelled);
        Assert.Equal(0, (await node.Plugin.RunAsync("DEL", workload.Sandbox)).ExitCode);
    }

    /// <summary>Nobody told this node which its uplink is, and how fast.</summary>
    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task A_priority_that_the_nodes_uplink_does_not_know_of_is_said_on_the_Nic()
    {
        using var workload = await LimitedAsync(new NicQos { Priority = 5 });
        Assert.Equal(0, (await node.Plugin.RunAsync("ADD", workload.Sandbox)).ExitCode);

        await node.Api.WaitNicAsync(
            workload.Pod,
            nic => nic.Status!.Conditions.Find(NicQos.EnforcedCondition) is { IsTrue: false, Message: { } said }
                && said.Contains("priority 5 is not enforced: external_ids of table Open_vSwitch has no fabric-underlay-nic", StringComparison.Ordinal),
            Cancelled);
        await SetAsync(workload, null);
        await node.Api.WaitNicAsync(workload.Pod, nic => nic.Status!.Conditions.Find(NicQos.EnforcedCondition) is null, Cancelled);
        Assert.Equal(0, (await node.Plugin.RunAsync("DEL", workload.Sandbox)).ExitCode);
    }

    /// <summary>The runtime's capability, for a container without a pod: its Nic is made with the limits, in bit/s.</summary>
    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task A_container_with_rates_gets_a_Nic_that_asks_for_them()
    {
        using var sandbox = new Sandbox("limited");
        var adding = node.Plugin.RunAsync(
            "ADD", sandbox, ("namespace", Json("\"default\"")), ("subnet", Json("\"web\"")),
            ("runtimeConfig", Json("""{"bandwidth":{"ingressRate":8000000,"ingressBurst":4294967295,"egressRate":16000000}}""")));
        Nic? nic = null;
        await Eventually.HoldsAsync(() => (nic = node.Api.Client.Resource(ResourceTypes.Nics).ListAsync(new(), Cancelled).GetAwaiter().GetResult().Items
            .FirstOrDefault(each => each.Spec.Owner is { Kind: NicOwnerKind.Container, Name: "limited" })) is not null);

        Assert.Equal(("8M", "16M"), (nic!.Spec.Ingress!.Average.ToString(), nic.Spec.Egress!.Average.ToString()));
        var (addresses, mac) = node.NextAddresses();
        await node.Api.SetStatusAsync(nic, status => status with { Qos = new NicQos { Ingress = nic.Spec.Ingress, Egress = nic.Spec.Egress } }, Cancelled);
        await node.GiveAsync(nic, addresses, mac, Cancelled);
        Assert.Equal(0, (await adding).ExitCode);
        Assert.Equal(0, (await node.Plugin.RunAsync("DEL", sandbox, ("namespace", Json("\"default\"")))).ExitCode);
    }

    private Task<Workload> LimitedAsync(NicQos qos) => node.CreateWorkloadAsync(Cancelled, scheduled: true, qos: qos);

    private Task<Nic> SetAsync(Workload workload, NicQos? qos) => node.Api.SetStatusAsync(workload.Nic, status => status with { Qos = qos }, Cancelled);

    private static DeviceNames Names(Workload workload) => new(DeviceNames.EndpointOf(new AttachmentKey(workload.Sandbox.ContainerId, "eth0")), "");

    private static TokenBucket? Ingress(RouteSocket here, Workload workload) => here.FindTokenBucket(here.FindLink(Names(workload).Endpoint)!.Index);

    private static TokenBucket? Egress(RouteSocket here, Workload workload) =>
        here.FindLink(Names(workload).Shaper.Near) is { } near ? here.FindTokenBucket(near.Index) : null;

    /// <summary>The far end is taken up last, when the queue of the near one is there.</summary>
    private static bool IsShaped(RouteSocket here, Workload workload) =>
        here.FindLink(Names(workload).Shaper.Far) is { IsUp: true } far && here.GetIngressFilters(far.Index).Count == 1;

    private static void AssertLimits(RouteSocket here, Workload workload, string ingress, string average, string peak, int burst)
    {
        Assert.Equal((BitRate.Parse(ingress), null), (Ingress(here, workload)!.Rate, Ingress(here, workload)!.Peak));
        var egress = Egress(here, workload)!;
        Assert.Equal((BitRate.Parse(average), BitRate.Parse(peak)), (egress.Rate, egress.Peak));
        Assert.InRange(egress.Burst.Bytes, burst - 64, burst + 64);
        var far = here.FindLink(Names(workload).Shaper.Far)!;
        Assert.True(far.IsUp);
        Assert.Equal("from_endpoint", Assert.Single(here.GetIngressFilters(far.Index)).Name);
    }

    private static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;
}
