using Cni.Agent.Attaching;
using Cni.Agent.Tests.Fixtures;
using Cni.Datapath.Shaping;
using Cni.Netlink;
using Fabric.Primitives;
using Fabric.Resources;
using Node.Testing;

namespace Cni.Agent.Tests.Shaping;

/// <summary>What the agent makes of a limit for the sum of a Subnet's Nics, as the kernel shows it.</summary>
public sealed class SumTests(NodeFixture node)
{
    private const string Subnet = "web";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private static SumNames Names => DeviceNames.SumOf(Subnet);

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task Nics_of_a_Subnet_share_a_queue_that_follows_their_status_and_goes_with_the_last()
    {
        using var one = await AddAsync("100M");
        using var two = await AddAsync("100M");
        using var here = NetnsScope.OpenSocket();
        AssertShared(here, "100M");
        var device = here.FindLink(Names.Egress.Near)!.Index;

        foreach (var workload in new[] { one, two })
            await SetAsync(workload, "200M");
        await Eventually.HoldsAsync(() => Rate(here, Names.Egress) == BitRate.Parse("200M") && Rate(here, Names.Ingress) == BitRate.Parse("200M"));
        Assert.Equal(device, here.FindLink(Names.Egress.Near)!.Index);

        Assert.Equal(0, (await node.Plugin.RunAsync("DEL", one.Sandbox)).ExitCode);
        AssertShared(here, "200M");
        Assert.Equal(0, (await node.Plugin.RunAsync("DEL", two.Sandbox)).ExitCode);
        // A look at a Nic that has come by meanwhile takes back what it has made.
        await Eventually.HoldsAsync(() => IsGone(here));
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task An_agent_that_starts_again_goes_on_with_a_sum_and_hears_that_it_is_over()
    {
        using var one = await AddAsync("100M");
        using var two = await AddAsync("100M");
        using var here = NetnsScope.OpenSocket();
        var device = here.FindLink(Names.Egress.Near)!.Index;

        node.Agent.Kill();
        here.DeleteLink(Names.Ingress.Near);
        await node.Agent.StartAsync();

        // What somebody took away is there again.
        await Eventually.HoldsAsync(() => IsShared(here, Names.Ingress) && IsShared(here, Names.Egress));
        Assert.Equal(device, here.FindLink(Names.Egress.Near)!.Index);
        node.Agent.Kill();
        foreach (var workload in new[] { one, two })
            await SetAsync(workload, null);
        await node.Agent.StartAsync();
        await Eventually.HoldsAsync(() => !here.GetLinks().Any(link => DeviceNames.IsSum(link.Name)));
        foreach (var workload in new[] { one, two })
            Assert.Equal(0, (await node.Plugin.RunAsync("DEL", workload.Sandbox)).ExitCode);
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task A_sum_whose_containers_went_while_no_agent_ran_is_removed()
    {
        var workload = await AddAsync("100M");
        using var here = NetnsScope.OpenSocket();
        AssertShared(here, "100M");

        node.Agent.Kill();
        workload.Sandbox.Vanish();
        await node.Agent.StartAsync();

        await Eventually.HoldsAsync(() => !here.GetLinks().Any(link => DeviceNames.IsSum(link.Name)));
    }

    private async Task<Workload> AddAsync(string rate)
    {
        var workload = await node.CreateWorkloadAsync(Cancelled, scheduled: true, qos: SumOf(rate));
        Assert.Equal(Subnet, workload.Nic.Spec.Subnet);
        Assert.Equal(0, (await node.Plugin.RunAsync("ADD", workload.Sandbox)).ExitCode);
        return workload;
    }

    private Task<Nic> SetAsync(Workload workload, string? rate) =>
        node.Api.SetStatusAsync(workload.Nic, status => status with { Qos = rate is null ? null : SumOf(rate) }, Cancelled);

    private static NicQos SumOf(string rate)
    {
        var limit = new QosLimit { Average = BitRate.Parse(rate) };
        return new NicQos { Sum = new SubnetSum { Subnet = Subnet, Ingress = limit, Egress = limit } };
    }

    private static BitRate? Rate(RouteSocket here, ShaperNames names) => here.FindLink(names.Near) is { } near ? here.FindTokenBucket(near.Index)?.Rate : null;

    private static bool IsShared(RouteSocket here, ShaperNames names) =>
        Rate(here, names) is not null && here.FindLink(names.Far) is { IsUp: true } far && here.GetIngressFilters(far.Index).Count == 1;

    private static void AssertShared(RouteSocket here, string rate)
    {
        foreach (var (names, program) in new[] { (Names.Ingress, "from_sum"), (Names.Egress, "from_endpoint") })
        {
            Assert.Equal(BitRate.Parse(rate), Rate(here, names));
            Assert.Equal(program, Assert.Single(here.GetIngressFilters(here.FindLink(names.Far)!.Index)).Name);
        }
    }

    private static bool IsGone(RouteSocket here) =>
        new[] { Names.Ingress.Near, Names.Ingress.Far, Names.Egress.Near, Names.Egress.Far }.All(name => here.FindLink(name) is null);
}
