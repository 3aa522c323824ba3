using Fabric.Server.Sharing;
using FsCheck;
using FsCheck.Fluent;

namespace Fabric.Server.Tests.Sharing;

public sealed class RendezvousTests
{
    private static readonly string[] Keys = [.. Enumerable.Range(0, 6_000).Select(i => $"subnet/s{i}")];

    private static readonly Config Checks = Config.QuickThrowOnFailure.WithMaxTest(20).WithQuietOnSuccess(true);

    private static readonly Arbitrary<string[]> Members = Gen.Choose(0, 100_000).Select(i => $"fabric-{i / 10}.node{i % 10}").ListOf()
        .Select(names => names.Distinct().Take(12).ToArray()).Where(names => names.Length > 1).ToArbitrary();

    [Fact]
    public void Every_replica_of_every_version_finds_the_same_owner() =>
        Assert.Equal(
            ["a", "c", "b", "c", "a"],
            ((string[])["subnet/blue", "subnet/green", "vpc/default", "workload/default/web", "everything"]).Select(key => Rendezvous.OwnerOf(["a", "b", "c"], key)));

    [Fact]
    public void Without_members_nobody_owns_anything() => Assert.Null(Rendezvous.OwnerOf([], "subnet/blue"));

    [Fact]
    public void The_order_of_members_does_not_matter() => Prop.ForAll(Members, members =>
        Keys.Take(100).All(key => Rendezvous.OwnerOf(members, key) == Rendezvous.OwnerOf([.. members.Reverse()], key))).Check(Checks);

    [Fact]
    public void When_a_member_leaves_only_its_keys_move_and_they_spread_over_the_others() => Prop.ForAll(Members, members =>
    {
        var rest = members[1..];
        var moved = Keys.Where(key => Rendezvous.OwnerOf(members, key) == members[0]).ToArray();
        Assert.All(Keys.Except(moved, StringComparer.Ordinal), key => Assert.Equal(Rendezvous.OwnerOf(members, key), Rendezvous.OwnerOf(rest, key)));
        var heirs = moved.CountBy(key => Rendezvous.OwnerOf(rest, key)!).ToDictionary();
        Assert.All(rest, heir => Assert.InRange(heirs[heir], 0.3 * moved.Length / rest.Length, 1.9 * moved.Length / rest.Length));
    }).Check(Checks);

    [Fact]
    public void Every_member_gets_about_as_many_keys() => Prop.ForAll(Members, members =>
    {
        var shares = Keys.CountBy(key => Rendezvous.OwnerOf(members, key)!).ToDictionary();
        var fair = (double)Keys.Length / members.Length;
        Assert.All(members, member => Assert.InRange(shares[member], 0.75 * fair, 1.25 * fair));
    }).Check(Checks);
}
