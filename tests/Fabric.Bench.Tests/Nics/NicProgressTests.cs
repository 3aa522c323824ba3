using Fabric.Bench.Nics;
using Fabric.Kube;
using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Bench.Tests.Nics;

public class NicProgressTests
{
    private static readonly Nic Made = new()
    {
        Spec = new NicSpec { Subnet = "s", Interface = "eth0", Owner = new NicOwner { Kind = NicOwnerKind.Pod, Name = "p", Uid = "u" } },
    };

    private static readonly Nic Addressed = Made with
    {
        Status = new NicStatus { MacAddress = MacAddress.Parse("02:00:00:00:00:01"), Addresses = [IpInterfaceAddress.Parse("10.0.0.2/24")] },
    };

    [Fact]
    public void Nic_that_was_only_made_is_not_allocated()
    {
        var progress = Observed(WatchEventType.Added, Made);
        Assert.False(progress.Addressed.IsCompleted);
    }

    [Fact]
    public void Nic_with_an_address_and_no_MAC_is_not_allocated()
    {
        var progress = Observed(WatchEventType.Modified, Addressed with { Status = Addressed.Status! with { MacAddress = null } });
        Assert.False(progress.Addressed.IsCompleted);
    }

    [Fact]
    public void Nic_with_address_and_MAC_is_allocated_and_not_yet_ready()
    {
        var progress = Observed(WatchEventType.Modified, Addressed);
        Assert.True(progress.Addressed.IsCompletedSuccessfully);
        Assert.False(progress.Ready.IsCompleted);
    }

    [Fact]
    public void Condition_says_when_it_is_ready_and_why_not()
    {
        var progress = Observed(WatchEventType.Modified, With("False", "SubnetExhausted"));
        Assert.False(progress.Ready.IsCompleted);
        Assert.Equal("SubnetExhausted: m", progress.Said);

        progress.Observe(WatchEventType.Modified, With("True", "Realized"));
        Assert.True(progress.Ready.IsCompletedSuccessfully);
    }

    [Fact]
    public void Nic_that_is_deleted_is_gone_and_not_allocated_by_its_last_state()
    {
        var progress = Observed(WatchEventType.Deleted, Addressed);
        Assert.True(progress.Gone.IsCompletedSuccessfully);
        Assert.False(progress.Addressed.IsCompleted);
    }

    private static NicProgress Observed(WatchEventType type, Nic nic)
    {
        var progress = new NicProgress();
        progress.Observe(type, nic);
        return progress;
    }

    private static Nic With(string status, string reason) => Addressed with
    {
        Status = Addressed.Status! with { Conditions = [new Fabric.Resources.Condition { Type = "Ready", Status = status, Reason = reason, Message = "m" }] },
    };
}
