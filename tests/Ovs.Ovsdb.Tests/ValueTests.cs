using FsCheck;
using FsCheck.Fluent;
using Ovs.Northbound;

namespace Ovs.Ovsdb.Tests;

[Trait("kind", "unit")]
public sealed class ValueTests
{
    private static OvsdbMap<string, string> Map(IEnumerable<int> pairs) => [.. pairs.Select(pair => KeyValuePair.Create($"k{pair & 7}", $"v{(pair >> 3) & 3}"))];

    [Fact]
    public void A_set_knows_no_order_and_no_repetition() => Prop.ForAll<int[]>(items =>
    {
        OvsdbSet<long> set = [.. items.Select(item => (long)item)];
        OvsdbSet<long> same = [.. items.Reverse().Concat(items).Select(item => (long)item)];
        return set == same && set.GetHashCode() == same.GetHashCode() && set.SequenceEqual(items.Select(item => (long)item).Distinct().Order())
            && items.All(item => set.Contains(item));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Sets_combine_as_sets_do() => Prop.ForAll<int[], int[]>((left, right) =>
    {
        OvsdbSet<long> a = [.. left.Select(item => (long)item)];
        OvsdbSet<long> b = [.. right.Select(item => (long)item)];
        return a.Union(b).SequenceEqual(left.Union(right).Order().Select(item => (long)item))
            && a.Except(b).SequenceEqual(left.Except(right).Order().Select(item => (long)item))
            && a.SymmetricExcept(b).SymmetricExcept(b) == a
            && a.SymmetricExcept(a) == default;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void The_difference_of_two_maps_leads_from_one_to_the_other() => Prop.ForAll<int[], int[]>((left, right) =>
    {
        var (from, to) = (Map(left), Map(right));
        OvsdbMap<string, string> difference =
        [
            .. from.Where(pair => !to.ContainsKey(pair.Key)),
            .. to.Where(pair => !from.TryGetValue(pair.Key, out var value) || value != pair.Value),
        ];
        return from.ApplyDifference(difference) == to;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_map_is_read_and_changed_by_key() => Prop.ForAll<int[]>(items =>
    {
        var map = Map(items);
        return map.With("k0", "new")["k0"] == "new" && !map.Without("k0").ContainsKey("k0") && map.With("k9", "v").Without("k9") == map
            && map == Map(items) && map.All(pair => map[pair.Key] == pair.Value);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Text_is_ordered_by_code_unit_and_not_by_culture()
    {
        OvsdbSet<string> set = ["b", "B", "a", "_"];
        Assert.Equal(["B", "_", "a", "b"], set);
    }

    [Fact]
    public void Rows_with_equal_columns_are_equal_and_differ_only_where_they_differ()
    {
        var row = new LogicalSwitchPort { Name = "p", Addresses = ["a", "b"], Options = OvsdbMap.Of(("k", "v")) };
        var same = new LogicalSwitchPort { Name = "p", Addresses = ["b", "a"], Options = OvsdbMap.Of(("k", "v")) };
        Assert.Equal(row, same);

        var changed = same.With(LogicalSwitchPort.Columns.Options, OvsdbMap.Of(("k", "w")));
        Assert.Equal("v", same.Options["k"]);
        Assert.Equal([LogicalSwitchPort.Columns.Options.Value(OvsdbMap.Of(("k", "w")))], changed.DifferenceFrom(row, LogicalSwitchPort.Table.Columns));
        Assert.Empty(row.DifferenceFrom(same, LogicalSwitchPort.Table.Columns));
    }

    [Fact]
    public void Operations_are_written_as_RFC_7047_says()
    {
        RowId id = Guid.Parse("a0000000-0000-0000-0000-000000000001");
        Assert.Equal(
            """{"op":"insert","table":"Logical_Switch","uuid-name":"s","row":{"name":"x","ports":["set",[["named-uuid","p"]]],"external_ids":["map",[["k","v"]]]}}""",
            Row.Insert(new LogicalSwitch { Name = "x", Ports = [RowId.Named("p")], ExternalIds = OvsdbMap.Of(("k", "v")) }, "s").ToJson());
        Assert.Equal(
            """{"op":"mutate","table":"Logical_Switch","where":[["_uuid","==",["uuid","a0000000-0000-0000-0000-000000000001"]]],"mutations":[["ports","delete",["set",[]]],["external_ids","delete",["set",["k"]]]]}""",
            Row.Mutate<LogicalSwitch>(id, LogicalSwitch.Columns.Ports.Delete([]), LogicalSwitch.Columns.ExternalIds.DeleteKeys(["k"])).ToJson());
        Assert.Equal(
            """{"op":"update","table":"Logical_Switch_Port","where":[["_uuid","==",["uuid","a0000000-0000-0000-0000-000000000001"]]],"row":{"dhcpv4_options":["set",[]],"tag":5}}""",
            Row.Update<LogicalSwitchPort>(id, LogicalSwitchPort.Columns.Dhcpv4Options.Value(null), LogicalSwitchPort.Columns.Tag.Value(5)).ToJson());
    }

    [Theory]
    [InlineData("1a")]
    [InlineData("a-b")]
    [InlineData("")]
    public void A_name_that_is_no_identifier_is_a_mistake(string name) => Assert.ThrowsAny<ArgumentException>(() => RowId.Named(name));

    [Fact]
    public void A_value_that_the_schema_does_not_list_cannot_be_written() => Assert.Throws<ArgumentOutOfRangeException>(
        () => new Update("ACL", [], [Acl.Columns.Action.Value(AclAction.Unknown)]).ToJson());

    [Theory]
    [InlineData("unix:/a/b:c", "/a/b:c", false)]
    [InlineData("tcp:127.0.0.1:6641", "127.0.0.1:6641", false)]
    [InlineData("tcp:[::1]:6641", "[::1]:6641", false)]
    [InlineData("tcp:[::1]", "[::1]:6640", false)]
    [InlineData("ssl:db.example.org:6641", "Unspecified/db.example.org:6641", true)]
    public void Endpoints_are_read_as_Open_vSwitch_writes_them(string text, string address, bool tls)
    {
        var endpoint = OvsdbEndpoint.Parse(text);
        Assert.Equal((text, address, tls), (endpoint.ToString(), endpoint.Address.ToString(), endpoint.UsesTls));
    }

    [Theory]
    [InlineData("unix:")]
    [InlineData("tcp:host:0")]
    [InlineData("tcp:host:65536")]
    [InlineData("tcp::1")]
    [InlineData("udp:host:1")]
    [InlineData("host")]
    public void Other_text_is_no_endpoint(string text) => Assert.Throws<FormatException>(() => OvsdbEndpoint.Parse(text));
}
