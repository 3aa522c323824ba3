using Fabric.Primitives;
using FsCheck;
using FsCheck.Fluent;

namespace Fabric.Resources.Tests;

public sealed class NameTests
{
    [Theory]
    [InlineData("10.1.0.5", "web.10-1-0-5")]
    [InlineData("fd00::5", "web.fd00--5")]
    [InlineData("::1", "web.0--1")]
    [InlineData("fd00::", "web.fd00--0")]
    public void Claim_name_is_the_subnet_and_the_address(string address, string name) =>
        Assert.Equal(name, IPClaim.NameOf("web", IpAddress.Parse(address)));

    [Fact]
    public void Claim_names_of_different_addresses_differ() => Prop.ForAll(
        ArbMap.Default.ArbFor<(ulong, ulong, ulong, ulong)>(), pair =>
        {
            var (a, b) = (V6(pair.Item1, pair.Item2), V6(pair.Item3, pair.Item4));
            return a == b == (IPClaim.NameOf("s", a) == IPClaim.NameOf("s", b));
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("web", "default", "vm.web.default")]
    [InlineData("a-b", "c", "vm.a-b.c")]
    [InlineData("a", "b-c", "vm.a.b-c")]
    public void Nic_name_is_the_owner_and_the_interface(string vm, string nic, string name) =>
        Assert.Equal(name, NicName.ForVm(vm, nic));

    [Fact]
    public void Interface_names_that_Kubernetes_would_not_take_become_valid_and_stay_apart()
    {
        var upper = NicName.ForVm("web", "NIC_1");
        Assert.NotEqual(NicName.ForVm("web", "nic-1"), upper);
        Assert.NotEqual(NicName.ForVm("web", "nic_1"), upper);
        Assert.Matches("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", upper);
    }

    [Fact]
    public void Long_names_are_cut_and_stay_apart()
    {
        var name = new string('a', 253);
        Assert.True(NicName.ForPod(name, "eth0").Length <= 253);
        Assert.NotEqual(NicName.ForPod(name, "eth0"), NicName.ForPod(name, "eth1"));
    }

    private static IpAddress V6(ulong high, ulong low)
    {
        Span<byte> bytes = stackalloc byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(bytes, high);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], low);
        return IpAddress.FromBytes(bytes);
    }
}
