using Node.Testing;

namespace Cni.Netlink.Tests.Probing;

public sealed class KernelSupportTests
{
    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public void What_the_kernel_has_and_what_no_kernel_has_are_told_apart()
    {
        using var kernel = KernelSupport.Open();

        Assert.True(kernel.HasLink("veth"));
        Assert.False(kernel.HasLink("fabric-none"));
        Assert.True(kernel.HasQdisc("pfifo"));
        Assert.False(kernel.HasQdisc("fabric-none"));
        Assert.True(kernel.HasClassifier("bpf"));
        Assert.False(kernel.HasClassifier("fabric-none"));
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public void Trying_things_leaves_the_callers_own_namespace_alone()
    {
        using var own = NetnsScope.OpenSocket();
        var before = own.GetLinks().Select(link => link.Name).ToArray();
        using (var kernel = KernelSupport.Open())
        {
            kernel.HasLink("veth");
            Assert.Equal(before, own.GetLinks().Select(link => link.Name));
        }
    }
}
