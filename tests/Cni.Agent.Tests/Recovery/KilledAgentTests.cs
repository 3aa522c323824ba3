using Cni.Agent.Attaching;
using Cni.Agent.Journal;
using Cni.Agent.Tests.Fixtures;
using Cni.Netlink;
using Fabric.Primitives;
using Fabric.Resources;
using Node.Testing;

namespace Cni.Agent.Tests.Recovery;

/// <summary>The agent killed after every single step of a pod's life, whichever steps there are.</summary>
public sealed class KilledAgentTests(NodeFixture node)
{
    // More than there are: the tests end by themselves at the first number that no step has.
    private const int Bound = 100;

    private const string Subnet = "web";

    private static readonly NicQos Limits = new() { Ingress = new QosLimit { Average = BitRate.Parse("100M") }, Egress = new QosLimit { Average = BitRate.Parse("200M") } };

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>What follows ADD is the same for a pod that was scheduled before and one that was not, and is gone through once.</summary>
    [Theory(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Agent_killed_after_any_step_of_ADD_and_DEL_gives_the_same_result_when_asked_again_and_leaves_nothing(bool scheduled)
    {
        // Scheduled, for an agent that starts hears of such Nics only.
        using var peer = await node.CreateWorkloadAsync(Cancelled, scheduled: true);
        Assert.Equal(0, (await node.Plugin.RunAsync("ADD", peer.Sandbox)).ExitCode);
        // What the agent does after its answer are steps too, and would be counted as the workload's.
        await Eventually.HoldsAsync(() => IsAttached(peer));
        var kills = 0;
        try
        {
            for (var step = 1; step < Bound && await LiveAsync(step, scheduled, peer); step++)
                kills++;
        }
        finally
        {
            File.Delete(node.Agent.KillFile);
            if (!node.Agent.Answers())
                await ReviveAsync();
        }

        await node.Plugin.RunAsync("DEL", peer.Sandbox);

        Assert.InRange(kills, scheduled ? Enum.GetValues<AttachStep>().Length : 10, Bound - 2);
    }

    /// <summary>A pod's life with a kill after one step, beside a peer that lives on.</summary>
    /// <returns>Whether there was such a step; of a pod that was not scheduled before, in its ADD.</returns>
    private async Task<bool> LiveAsync(int step, bool scheduled, Workload peer)
    {
        node.Agent.KillAfter(step);
        using var workload = await node.CreateWorkloadAsync(
            Cancelled, scheduled: scheduled, qos: Limits with { Sum = new SubnetSum { Subnet = Subnet, Ingress = Limits.Ingress, Egress = Limits.Egress } });
        Assert.Equal(Subnet, workload.Nic.Spec.Subnet);
        var killed = false;

        var added = await node.Plugin.RunAsync("ADD", workload.Sandbox);
        if (killed = await IsKilledAsync(() => added.ExitCode == 0 && IsAttached(workload)))
        {
            await ReviveAsync();
            added = await node.Plugin.RunAsync("ADD", workload.Sandbox);
        }

        Assert.True(added.ExitCode == 0, $"step {step}: {added.Output}");
        AssertWhole(workload, added, peer);
        if (!killed && !scheduled)
            File.Delete(node.Agent.KillFile);
        var deleted = await node.Plugin.RunAsync("DEL", workload.Sandbox);
        if (!killed && (killed = await IsKilledAsync(() => deleted.ExitCode == 0 && node.JournalOf(workload).Length == 0)))
        {
            await ReviveAsync();
            deleted = await node.Plugin.RunAsync("DEL", workload.Sandbox);
        }

        Assert.True(deleted.ExitCode == 0, $"step {step}: {deleted.Output}");
        await node.Api.DeletePodAsync(workload.Pod, Cancelled);
        if (!killed && (killed = await IsKilledAsync(() => node.Switch.InterfacesOf(workload.Port).Length == 0)))
            await ReviveAsync();

        await AssertNothingLeftAsync(workload, peer, step);
        File.Delete(node.Agent.KillFile);
        // The step may have been the last of all, whose effect is seen before the end of the agent is.
        if (!killed && (killed = !node.Agent.Answers()))
            await ReviveAsync();
        return killed;
    }

    /// <summary>Waits until the agent has done what it is at, or is killed over it.</summary>
    private async Task<bool> IsKilledAsync(Func<bool> isDone)
    {
        await Eventually.HoldsAsync(() => node.Agent.HasExited || isDone());
        return node.Agent.HasExited;
    }

    private async Task ReviveAsync()
    {
        File.Delete(node.Agent.KillFile);
        node.Agent.Kill();
        await node.Agent.StartAsync();
    }

    private bool IsAttached(Workload workload) => node.JournalOf(workload).Intersect(node.Agent.JournalWith("Finished")).Any()
        && node.Api.FindNicAsync(workload.Pod, Cancelled).GetAwaiter().GetResult()!.Status!.Attachments.Any(each => each.Phase == AttachmentPhase.Attached);

    private void AssertWhole(Workload workload, PluginAnswer added, Workload peer)
    {
        Assert.Equal(
            workload.Addresses.Select(address => address.ToString()),
            added.Json.GetProperty("ips").EnumerateArray().Select(ip => ip.GetProperty("address").GetString()));
        using var here = NetnsScope.OpenSocket();
        var host = Assert.Single(here.GetLinks(), link => IsOurs(link, peer) && link.Name.StartsWith("fb", StringComparison.Ordinal));
        Assert.Equal(added.Json.GetProperty("interfaces")[0].GetProperty("name").GetString(), host.Name);
        var port = here.FindLink(Assert.Single(node.Switch.InterfacesOf(workload.Port)))!;
        foreach (var device in new[] { host, port })
        {
            Assert.True(device.IsUp);
            Assert.Single(here.GetIngressFilters(device.Index));
        }

        var shaper = here.FindLink(DeviceNames.ShaperOf(host.Name).Near)!;
        Assert.Equal((Limits.Ingress!.Average, Limits.Egress!.Average), (here.FindTokenBucket(host.Index)!.Rate, here.FindTokenBucket(shaper.Index)!.Rate));
        var sum = DeviceNames.SumOf(Subnet);
        Assert.Equal(
            (Limits.Ingress!.Average, Limits.Egress!.Average),
            (here.FindTokenBucket(here.FindLink(sum.Ingress.Near)!.Index)!.Rate, here.FindTokenBucket(here.FindLink(sum.Egress.Near)!.Index)!.Rate));
        using var pod = NetnsScope.OpenSocket(workload.Sandbox.NetnsPath);
        var eth0 = pod.FindLink("eth0")!;
        Assert.True(eth0.IsUp);
        Assert.Equal(workload.Mac, eth0.Mac);
        workload.Sandbox.Netns.Run("ping", "-c", "1", "-W", "10", peer.Address.Address.ToString());
    }

    private async Task AssertNothingLeftAsync(Workload workload, Workload peer, int step)
    {
        await node.Api.WaitNicAsync(workload.Pod, nic => nic.Status!.Attachments.IsEmpty, Cancelled);
        await Eventually.HoldsAsync(() => node.Switch.InterfacesOf(workload.Port).Length == 0);
        await Eventually.HoldsAsync(() => node.JournalOf(workload).Length == 0);
        using var here = NetnsScope.OpenSocket();
        // ovs-vswitchd takes the device away after the row is gone.
        await Eventually.HoldsAsync(() => !here.GetLinks().Any(link => IsOurs(link, peer)), what: $"nothing is left after step {step}");
        // An agent that started meanwhile took the peer to be in the sum until it looked.
        await Eventually.HoldsAsync(() => !here.GetLinks().Any(link => DeviceNames.IsSum(link.Name)), what: $"no sum after step {step}");
        using var pod = NetnsScope.OpenSocket(workload.Sandbox.NetnsPath);
        Assert.Null(pod.FindLink("eth0"));
        Assert.Empty(Directory.EnumerateFiles(node.Agent.StateDirectory, "*.new", SearchOption.AllDirectories));
    }

    private static bool IsOurs(Link link, Workload peer) =>
        // The datapath's own device is called ovs-netdev or ovs-system.
        (link.Name.StartsWith("fb", StringComparison.Ordinal) || link.Name.StartsWith("ov", StringComparison.Ordinal) || DeviceNames.EndpointOfShaper(link.Name) is not null) && !link.Name.Contains('-', StringComparison.Ordinal) && !IsOf(link.Name, peer);

    private static bool IsOf(string device, Workload workload) =>
        device == DeviceNames.EndpointOf(new AttachmentKey(workload.Sandbox.ContainerId, workload.Sandbox.Interface))
        || device == DeviceNames.SwitchPortOf(workload.Pod.Metadata.Uid!, ResourceTypes.Nics.KeyOf(workload.Nic));
}
