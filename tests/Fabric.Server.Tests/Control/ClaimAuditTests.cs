using Fabric.Primitives;
using Fabric.Resources;
using Fabric.Server.Control;

namespace Fabric.Server.Tests.Control;

public sealed class ClaimAuditTests
{
    private static readonly IpAddress Address = IpAddress.Parse("10.0.0.2");

    private static readonly MacAddress Mac = MacAddress.Parse("02:00:00:00:00:01");

    private static readonly ClaimOwner Someone = new() { Namespace = "ns", Name = "n", Uid = "u" };

    private static readonly Nic Fresh = new()
    {
        Metadata = new ObjectMeta { Namespace = "ns", Name = "n", Uid = "u" },
        Spec = new NicSpec { Subnet = "s", Owner = new NicOwner { Kind = NicOwnerKind.Pod, Name = "p", Uid = "p" }, Interface = "eth0" },
    };

    private static readonly StaticIP Kept = new() { Metadata = Fresh.Metadata, Spec = new StaticIPSpec { Subnet = "s" } };

    private static Nic Using(string address, string mac) => Fresh with
    {
        Status = new NicStatus { Addresses = [new IpInterfaceAddress(IpAddress.Parse(address), 24)], MacAddress = MacAddress.Parse(mac) },
    };

    private static ClaimVerdict[] Of(Nic? nic, StaticIP? kept = null, ClaimOwner? owner = null, ClaimOwner? reservation = null) =>
    [
        ClaimAudit.Of(new IPClaim { Spec = new IPClaimSpec { Subnet = "s", Address = Address, Owner = owner, Reservation = reservation } }, nic, kept),
        ClaimAudit.Of(new MacClaim { Spec = new MacClaimSpec { Vpc = "v", MacAddress = Mac, Owner = owner, Reservation = reservation } }, nic, kept),
    ];

    [Fact]
    public void A_claim_that_its_nic_names_or_may_come_to_name_is_in_order()
    {
        Assert.All(Of(Using("10.0.0.2", "02:00:00:00:00:01"), owner: Someone), verdict => Assert.Equal(ClaimVerdict.InOrder, verdict));
        Assert.All(Of(Fresh, owner: Someone), verdict => Assert.Equal(ClaimVerdict.InOrder, verdict));
    }

    [Fact]
    public void A_claim_whose_nic_names_another_is_unnamed() =>
        Assert.All(Of(Using("10.0.0.3", "02:00:00:00:00:02"), owner: Someone), verdict => Assert.Equal(ClaimVerdict.Unnamed, verdict));

    [Fact]
    public void A_claim_is_orphaned_without_its_nic_or_without_the_static_ip_that_keeps_it()
    {
        Assert.All(Of(nic: null, owner: Someone), verdict => Assert.Equal(ClaimVerdict.Orphaned, verdict));
        Assert.All(Of(nic: null, reservation: Someone), verdict => Assert.Equal(ClaimVerdict.Orphaned, verdict));
        Assert.All(Of(Using("10.0.0.2", "02:00:00:00:00:01"), kept: null, Someone, Someone), verdict => Assert.Equal(ClaimVerdict.Orphaned, verdict));
        Assert.All(Of(nic: null, Kept, reservation: Someone), verdict => Assert.Equal(ClaimVerdict.InOrder, verdict));
    }
}
