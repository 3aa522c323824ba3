using Cni.Agent.Observing;
using Cni.Datapath;
using Fabric.Primitives;
using Fabric.Resources.Core;

namespace Cni.Agent.Tests.Observing;

public sealed class NodeConditionsTests
{
    private static readonly DateTimeOffset Then = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Now = Then.AddHours(1);
    private static readonly AgentVersions Versions = new("0.1.0", "3.1.0", "23.03.1", "6.1", "1.1", ".NET");
    private static readonly FastPathState Fast = new(true, "Enabled", "flows are fast");
    private static readonly PeerHealth[] AllUp = [new(PeerWatch.Database, true), new(PeerWatch.Switch, true), new(PeerWatch.Controller, true), new(PeerWatch.Api, true)];
    private static readonly KernelFeature[] AllFound = [new("veth", true, true, "", ""), new("fq", true, false, "", "")];

    [Fact]
    public void A_node_that_is_well_says_so_as_the_kubelet_has_it()
    {
        var conditions = NodeConditions.Of(AllUp, AllFound, Versions, Fast);

        Assert.Equal(NodeConditions.Types, conditions.Select(condition => condition.Type));
        Assert.Equal(["False", "True", "True", "True"], conditions.Select(condition => condition.Status));
        Assert.Equal("fabric 0.1.0, Open vSwitch 3.1.0, OVN 23.03.1, Linux 6.1, libbpf 1.1", conditions[1].Message);
    }

    [Theory]
    [InlineData(PeerWatch.Database, "True", "SwitchDatabaseDown")]
    [InlineData(PeerWatch.Switch, "True", "SwitchDown")]
    [InlineData(PeerWatch.Controller, "True", "OvnControllerNotReady")]
    [InlineData(PeerWatch.Api, "False", "FabricIsUp")]
    public void The_network_is_unavailable_when_one_is_down_without_whom_no_pod_is_attached(string peer, string status, string reason)
    {
        var peers = AllUp.Select(each => each.Name == peer ? each with { IsUp = false, Problem = "it sleeps" } : each).ToArray();
        var condition = NodeConditions.Of(peers, AllFound, Versions, Fast)[0];
        Assert.Equal((status, reason), (condition.Status, condition.Reason));
    }

    [Fact]
    public void What_the_kernel_lacks_is_named_with_what_brings_it()
    {
        KernelFeature[] some = [new("clsact", true, true, "", ""), new("fq", false, false, "paces", "sch_fq")];
        var optional = NodeConditions.Of(AllUp, some, Versions, Fast)[2];
        Assert.Equal(("False", "WorksWithout", "no fq (paces; sch_fq)"), (optional.Status, optional.Reason, optional.Message));

        var needed = NodeConditions.Of(AllUp, [.. some, new("veth", false, true, "joins", "veth")], Versions, Fast)[2];
        Assert.Equal(("NeededIsMissing", "no veth (joins; veth)"), (needed.Reason, needed.Message));
    }

    [Fact]
    public void Why_the_fast_path_is_off_is_said_and_keeps_no_pod_away()
    {
        var conditions = NodeConditions.Of(AllUp, AllFound, Versions, new FastPathState(false, "NotLoaded", "the kernel has no BTF"));
        Assert.Equal(("False", "NotLoaded", "the kernel has no BTF"), (conditions[3].Status, conditions[3].Reason, conditions[3].Message));
        Assert.Equal("False", conditions[0].Status);
    }

    [Fact]
    public void Nothing_is_written_of_what_the_Node_says_already()
    {
        var wanted = NodeConditions.Of(AllUp, AllFound, Versions, Fast);
        EquatableArray<StatusCondition> known = [.. wanted.Select(condition => condition with { LastTransitionTime = Then, LastHeartbeatTime = Now })];

        Assert.Empty(NodeConditions.Changes(known, wanted, Now));
        Assert.Equal(4, NodeConditions.Changes(null, wanted, Now).Count);
    }

    [Fact]
    public void The_time_of_a_transition_moves_with_the_status_and_not_with_the_message()
    {
        StatusCondition Condition(string status, string message) => new() { Type = "X", Status = status, Message = message };
        EquatableArray<StatusCondition> known = [Condition("True", "a") with { LastTransitionTime = Then }];

        var reworded = Assert.Single(NodeConditions.Changes(known, [Condition("True", "b")], Now));
        var turned = Assert.Single(NodeConditions.Changes(known, [Condition("False", "a")], Now));

        Assert.Equal((Then, Now), (reworded.LastTransitionTime, reworded.LastHeartbeatTime));
        Assert.Equal(Now, turned.LastTransitionTime);
    }
}
