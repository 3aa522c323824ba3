using Cni.Agent.Nics;
using Fabric.Primitives;
using Fabric.Resources;

namespace Cni.Agent.Tests.Nics;

public sealed class NicReadinessTests
{
    private static readonly Nic Nic = new()
    {
        Metadata = new ObjectMeta { Namespace = "shop", Name = "vm.web.default", Generation = 1 },
        Spec = new NicSpec { Subnet = "blue", Interface = "default", Owner = new NicOwner { Kind = NicOwnerKind.VirtualMachine, Name = "web", Uid = "new" } },
        Status = new NicStatus
        {
            ObservedGeneration = 1,
            MacAddress = MacAddress.Parse("02:00:00:00:00:01"),
            Addresses = [IpInterfaceAddress.Parse("10.0.0.2/24")],
            Port = "shop/vm.web.default",
            Conditions = [new Condition { Type = Condition.Ready, Status = "True", Reason = "Realized" }],
        },
    };

    [Fact]
    public void A_nic_with_all_it_needs_is_ready_for_its_owner() => Assert.IsType<NicReadiness.Ready>(NicReadiness.Of(Nic, "new"));

    [Fact]
    public void The_nic_of_an_earlier_workload_of_the_same_name_is_waited_out() =>
        Assert.Equal(
            new NicReadiness.Waiting("Nic shop/vm.web.default is still that of an earlier VirtualMachine web"),
            NicReadiness.Of(Nic with { Spec = Nic.Spec with { Owner = Nic.Spec.Owner with { Uid = "old" } } }, "new"));
}
