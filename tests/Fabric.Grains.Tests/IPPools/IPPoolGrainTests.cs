using Fabric.Grains.Tests.Testing;
using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Grains.Tests.IPPools;

public sealed class IPPoolGrainTests : IAsyncDisposable
{
    private readonly World _world = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static IPPoolSpec Spec(string range, params string[] namespaces) =>
        new() { Subnet = "blue", Ranges = [.. range.Split(',').Select(each => IpRange.Parse(each))], Namespaces = [.. namespaces] };

    [Fact]
    public async Task Its_namespaces_take_from_it_and_nobody_else_does_and_it_counts()
    {
        await _world.WithVpcAsync();
        await _world.AddSubnetAsync("blue", "10.0.0.0/29");
        var pool = await _world.AddPoolAsync("team", Spec("10.0.0.2-10.0.0.3", "b"));
        Assert.True(pool.Ready().IsTrue);
        Assert.Equal((2L, 0L, 2L), (pool.Status!.Capacity, pool.Status.Used, pool.Status.Free));

        var mine = await _world.AddNicAsync("one", "blue", ns: "b");
        Assert.Equal("10.0.0.2", mine.Address());
        Assert.Equal("IPPool team", mine.Source("addresses"));
        Assert.Equal("10.0.0.4", (await _world.AddNicAsync("two", "blue")).Address());
        Assert.Equal("AddressInPool", (await _world.AddNicAsync("three", "blue", "10.0.0.3")).Ready().Reason);
        await _world.AddNicAsync("four", "blue", ns: "b");
        var none = await _world.AddNicAsync("five", "blue", ns: "b");
        Assert.Equal("IPPoolExhausted", none.Ready().Reason);
        Assert.Contains("Every IPv4 address of IPPool team is taken", none.Ready().Message, StringComparison.Ordinal);

        pool = await _world.ReconcilePoolAsync("team");
        Assert.Equal((2L, 2L, 0L), (pool.Status!.Capacity, pool.Status.Used, pool.Status.Free));
        Assert.Equal(["10.0.0.2-10.0.0.3"], pool.Status.UsedRanges.Select(range => range.ToString()));
        Assert.Empty(pool.Status.FreeRanges);
    }

    [Fact]
    public async Task A_pool_for_nobody_is_for_those_who_name_it()
    {
        await _world.WithVpcAsync();
        await _world.AddSubnetAsync("blue", "10.0.0.0/24");
        await _world.AddPoolAsync("dmz", Spec("10.0.0.200-10.0.0.209"));
        Assert.Equal("10.0.0.2", (await _world.AddNicAsync("one", "blue")).Address());
        await _world.AddNicAsync("two", "blue");
        Assert.Equal("10.0.0.200", (await _world.ChangeNicAsync("two", spec => spec with { IpPool = "dmz" })).Address());
        Assert.Equal("IPPoolNotFound", (await _world.ChangeNicAsync("one", spec => spec with { IpPool = "no" })).Ready().Reason);
    }

    [Fact]
    public async Task Of_two_that_overlap_the_later_is_refused_and_one_that_goes_frees_its_range()
    {
        await _world.WithVpcAsync();
        await _world.AddSubnetAsync("blue", "10.0.0.0/29");
        await _world.AddPoolAsync("all", Spec("10.0.0.2-10.0.0.6", "b"));
        var later = await _world.AddPoolAsync("more", Spec("10.0.0.6", "c"));
        Assert.Equal("IPPoolOverlap", later.Ready().Reason);
        Assert.Contains("IPPool all", later.Ready().Message, StringComparison.Ordinal);
        Assert.Equal("PoolRangeOutsideSubnet", (await _world.AddPoolAsync("out", Spec("10.9.0.6"))).Ready().Reason);
        Assert.Equal("SubnetExhausted", (await _world.AddNicAsync("one", "blue")).Ready().Reason);
        var all = _world.Store.Get(ResourceTypes.IPPools, new ObjectKey("all"));
        await _world.Store.DeleteAsync(ResourceTypes.IPPools, new ObjectKey("all"), all.Metadata.Uid!, Token);
        await _world.ReconcileSubnetAsync("blue");
        Assert.True((await _world.ReconcilePoolAsync("more")).Ready().IsTrue);
        Assert.Equal("10.0.0.2", (await _world.ReconcileNicAsync("one")).Address());
    }

    [Fact]
    public async Task What_was_given_before_a_range_was_set_aside_stays()
    {
        await _world.WithVpcAsync();
        await _world.AddSubnetAsync("blue", "10.0.0.0/29");
        var nic = await _world.AddNicAsync("one", "blue");
        await _world.AddPoolAsync("team", Spec("10.0.0.2-10.0.0.3", "b"));
        Assert.Equal(nic.Address(), (await _world.ReconcileNicAsync("one")).Address());
        Assert.Equal(1, (await _world.ReconcilePoolAsync("team")).Status!.Used);
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();
}
