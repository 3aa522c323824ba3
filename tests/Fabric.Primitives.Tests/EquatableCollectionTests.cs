namespace Fabric.Primitives.Tests;

public class EquatableCollectionTests
{
    private sealed record Holder(EquatableArray<IpAddress> Addresses, EquatableMap<string, string> Labels);

    private static KeyValuePair<string, string> Entry(string key, string value) => new(key, value);

    [Fact]
    public void A_record_with_collections_equals_another_with_equal_items()
    {
        var one = new Holder([IpAddress.Parse("::1")], [Entry("a", "1"), Entry("b", "2")]);
        var two = new Holder([IpAddress.Parse("0::1")], [Entry("b", "2"), Entry("a", "1")]);
        Assert.Equal(one, two);
        Assert.Equal(one.GetHashCode(), two.GetHashCode());
        Assert.NotEqual(one, two with { Addresses = [] });
        Assert.NotEqual(one, two with { Labels = two.Labels.With("a", "x") });
    }

    [Fact]
    public void Order_matters_in_an_array_and_not_in_a_map()
    {
        Assert.True((EquatableArray<int>)[1, 2] != [2, 1]);
        Assert.True((EquatableMap<string, string>)[Entry("a", "1"), Entry("b", "2")] == [Entry("b", "2"), Entry("a", "1")]);
    }

    [Fact]
    public void Default_is_empty()
    {
        EquatableArray<string> array = [];
        EquatableMap<string, string> map = [];
        Assert.Equal(default, array);
        Assert.Equal(default, map);
        Assert.Equal(default(EquatableArray<string>).GetHashCode(), array.GetHashCode());
        Assert.Equal(default(EquatableMap<string, string>).GetHashCode(), map.GetHashCode());
        Assert.True(array.IsEmpty && map.IsEmpty && array.Count == 0 && map.Count == 0);
        Assert.Empty(array);
        Assert.Empty(map);
        Assert.Equal(("[]", "{}"), (array.ToString(), map.ToString()));
        Assert.Throws<IndexOutOfRangeException>(() => array[0]);
    }

    [Fact]
    public void An_array_is_built_by_spreading_patterns_and_sequences()
    {
        EquatableArray<int> head = [1, 2];
        EquatableArray<int> all = [.. head, 3];
        Assert.True(all is [1, 2, 3]);
        Assert.Equal(all, head.Add(3));
        Assert.Equal(all, Enumerable.Range(1, 3).ToEquatableArray());
        Assert.Equal(6, all.Sum());
        Assert.Equal("[1, 2, 3]", all.ToString());
    }

    [Fact]
    public void An_array_does_not_change_with_the_one_it_was_copied_from()
    {
        int[] source = [1, 2];
        var copy = source.ToEquatableArray();
        source[0] = 9;
        Assert.Equal([1, 2], copy);
    }

    [Fact]
    public void A_map_finds_sets_and_removes()
    {
        EquatableMap<string, string> map = [Entry("b", "2"), Entry("a", "1"), Entry("c", "3")];
        Assert.Equal(["a", "b", "c"], map.Keys);
        Assert.Equal("2", map["b"]);
        Assert.Null(map.GetValueOrDefault("x"));
        Assert.Throws<KeyNotFoundException>(() => map["x"]);
        Assert.Equal("{a=1, b=2, bb=4, c=3}", map.With("bb", "4").ToString());
        Assert.Equal("{a=9, b=2, c=3}", map.With("a", "9").ToString());
        Assert.Equal("{a=1, c=3}", map.Without("b").ToString());
        Assert.Equal(map, map.Without("x"));
        Assert.Equal(default, map.Without("a").Without("b").Without("c"));
    }

    [Fact]
    public void A_map_has_each_key_once() =>
        Assert.Throws<ArgumentException>(() => EquatableMap.Create<string, string>([Entry("a", "1"), Entry("a", "2")]));

    [Fact]
    public void A_map_behaves_as_a_sorted_dictionary_under_random_changes()
    {
        var random = new Random(11);
        EquatableMap<string, int> map = [];
        var expected = new SortedDictionary<string, int>(StringComparer.Ordinal);
        for (var step = 0; step < 5000; step++)
        {
            var key = $"k{random.Next(40)}";
            if (random.Next(3) == 0)
            {
                map = map.Without(key);
                expected.Remove(key);
            }
            else
            {
                map = map.With(key, step);
                expected[key] = step;
            }
            Assert.Equal(expected, map.AsEnumerable());
            Assert.Equal(expected.ToEquatableMap(), map);
        }
    }
}
