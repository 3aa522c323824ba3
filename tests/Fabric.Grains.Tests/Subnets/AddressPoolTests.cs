using Fabric.Grains.Claims;
using Fabric.Grains.Subnets;
using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Grains.Tests.Subnets;

public sealed class AddressPoolTests
{
    private static ClaimOwner Owner(string uid) => new() { Namespace = "a", Name = uid, Uid = uid };

    private static ClaimHolders Held(string uid) => new(Owner(uid), null);

    private static AddressPool Pool(string cidr, params string[] exclude) =>
        new(new SubnetRange { Cidr = IpPrefix.Parse(cidr), Exclude = [.. exclude.Select(range => IpRange.Parse(range))] }, []);

    private static IPPool IPPool(string name, params string[] ranges) => new()
    {
        Metadata = new ObjectMeta { Name = name },
        Spec = new IPPoolSpec { Subnet = "s", Ranges = [.. ranges.Select(range => IpRange.Parse(range))] },
    };

    [Theory]
    [InlineData("10.0.0.0/30", 1)]
    [InlineData("10.0.0.0/24", 253)]
    [InlineData("10.0.0.0/26", 61)]
    [InlineData("10.0.0.0/8", 16777213)]
    [InlineData("fd00::/126", 2)]
    [InlineData("fd00::/64", long.MaxValue)]
    public void Network_broadcast_and_gateway_are_not_counted(string cidr, long capacity)
    {
        var pool = Pool(cidr);
        Assert.Equal((capacity, 0L, capacity), (pool.Status.Capacity, pool.Status.Used, pool.Status.Free));
    }

    [Fact]
    public void Every_address_is_given_once_before_any_is_given_again_and_none_that_is_reserved()
    {
        var pool = Pool("10.0.0.0/26", "10.0.0.10-10.0.0.19");
        var given = new List<IpAddress>();
        while (pool.Next() is { } next)
        {
            pool.Note(next, Held($"o{given.Count}"));
            given.Add(next);
        }
        Assert.Equal(pool.Status.Capacity, given.Distinct().Count());
        Assert.Equal(0, pool.Status.Free);
        Assert.All(given, address => Assert.Null(pool.UseOf(address)));
        pool.Note(given[5], default);
        Assert.Equal(given[5], pool.Next());
    }

    [Fact]
    public void A_freed_address_comes_last()
    {
        var pool = Pool("10.0.0.0/24");
        var first = pool.Next()!.Value;
        pool.Note(first, Held("o"));
        pool.Note(first, default);
        for (var i = 1; i < pool.Status.Capacity; i++)
            Assert.NotEqual(first, pool.Next());
        Assert.Equal(first, pool.Next());
    }

    /// <summary>Against a plain model, over many random steps with a fixed seed.</summary>
    [Fact]
    public void It_agrees_with_a_set()
    {
        var random = new Random(7);
        var pool = Pool("10.0.0.0/25", "10.0.0.100-10.0.0.110");
        var model = new SortedDictionary<IpAddress, string>();
        for (var step = 0; step < 20_000; step++)
        {
            var address = IpAddress.FromV4(0x0A000000 + (uint)random.Next(128));
            var uid = $"o{random.Next(20)}";
            switch (random.Next(3))
            {
                case 0:
                    pool.Note(address, Held(uid));
                    model[address] = uid;
                    break;
                case 1:
                    pool.Note(address, default);
                    model.Remove(address);
                    break;
                default:
                    if (pool.Next() is { } next)
                    {
                        Assert.DoesNotContain(next, model.Keys);
                        Assert.Null(pool.UseOf(next));
                        pool.Note(next, Held(uid));
                        model[next] = uid;
                    }
                    break;
            }
            Assert.Equal(model.Count, pool.Status.Used);
            Assert.Equal(pool.Status.Capacity - model.Keys.Count(held => pool.UseOf(held) is null), pool.Status.Free);
            Assert.Equal(model.Where(entry => entry.Value == uid).Select(entry => entry.Key), pool.HeldBy(uid));
        }
        Assert.Equal(model.Select(entry => (entry.Key, entry.Value)), pool.Held.Select(held => (held.Address, held.Holders.Owner!.Uid)));
    }

    [Fact]
    public void What_a_pool_sets_aside_is_given_only_from_it()
    {
        var pool = new AddressPool(new SubnetRange { Cidr = IpPrefix.Parse("10.0.0.0/28"), Exclude = [IpRange.Parse("10.0.0.5")] }, [IPPool("blue", "10.0.0.4-10.0.0.6", "10.0.0.9")]);
        var blue = new List<string>();
        while (pool.Next("blue") is { } next)
        {
            pool.Note(next, Held("b"));
            blue.Add(next.ToString());
        }
        Assert.Equal(["10.0.0.4", "10.0.0.6", "10.0.0.9"], blue);
        var open = new List<string>();
        while (pool.Next() is { } next)
        {
            pool.Note(next, Held("o"));
            open.Add(next.ToString());
        }
        Assert.Equal(["10.0.0.2", "10.0.0.3", "10.0.0.7", "10.0.0.8", "10.0.0.10", "10.0.0.11", "10.0.0.12", "10.0.0.13", "10.0.0.14"], open);
        pool.Note(IpAddress.Parse("10.0.0.6"), default);
        var (capacity, used, free, usedRanges, freeRanges) = pool.UsageOf("blue");
        Assert.Equal((3, 2, 1), ((int)capacity, (int)used, (int)free));
        Assert.Equal(["10.0.0.4", "10.0.0.9"], usedRanges.Select(range => range.ToString()));
        Assert.Equal(["10.0.0.6"], freeRanges.Select(range => range.ToString()));
        Assert.Null(pool.Next());
    }

    [Fact]
    public void The_set_of_free_offsets_agrees_with_a_bitmap()
    {
        var random = new Random(11);
        var set = new OffsetSet();
        var model = new bool[200];
        for (var step = 0; step < 20_000; step++)
        {
            var first = random.Next(model.Length);
            var last = Math.Min(model.Length - 1, first + random.Next(12));
            var add = random.Next(2) == 0;
            if (add)
                set.Add((UInt128)first, (UInt128)last);
            else
                set.Remove((UInt128)first, (UInt128)last);
            Array.Fill(model, add, first, last - first + 1);
            var from = random.Next(model.Length);
            var next = Array.IndexOf(model, true, from);
            Assert.Equal(next < 0 ? null : (UInt128)next, set.FirstFrom((UInt128)from));
            Assert.Equal(model[from], set.Contains((UInt128)from));
            Assert.Equal(model.Count(each => each), (int)set.Count);
        }
        var ranges = set.Ranges.ToArray();
        Assert.All(ranges.Zip(ranges.Skip(1)), pair => Assert.True(pair.First.Last + 1 < pair.Second.First));
    }
}
