using Fabric.Server.Sharing;

namespace Fabric.Server.Tests.Sharing;

public sealed class ShareTests
{
    private static readonly SharingKey[] Keys = [.. Enumerable.Range(0, 50).Select(i => SharingKey.Subnet($"s{i}"))];

    private static readonly Share Alone = new("a", "1", ["a"]);

    private static readonly Share Shared = new("a", "1", ["a", "b"]);

    [Fact]
    public void Each_key_is_owned_by_one_member()
    {
        Assert.All(Keys, key => Assert.NotEqual(Shared.Owns(key), (Shared with { Self = "b" }).Owns(key)));
        Assert.All(Keys, key => Assert.True(Alone.Owns(key)));
        Assert.All(Keys, key => Assert.False(Share.Nothing.Owns(key)));
    }

    [Fact]
    public void What_another_gets_is_lost_and_what_it_leaves_is_gained()
    {
        Assert.All(Keys, key => Assert.Equal(!Shared.Owns(key), Shared.HasLost(key, Alone)));
        Assert.All(Keys, key => Assert.Equal(!Shared.Owns(key), Alone.HasGained(key, Shared)));
        Assert.All(Keys, key => Assert.False(Shared.HasGained(key, Alone) || Alone.HasLost(key, Shared)));
        Assert.All(Keys, key => Assert.True(Alone.HasGained(key, Share.Nothing)));
    }

    [Fact]
    public void After_another_term_all_is_gained_anew()
    {
        var again = Shared with { Term = "2" };
        Assert.All(Keys, key => Assert.Equal(again.Owns(key), again.HasGained(key, Shared)));
        Assert.All(Keys, key => Assert.False(again.HasLost(key, Shared)));
    }

    [Theory]
    [InlineData("Node1.Example.org", 12, "node1-example-org-12")]
    [InlineData("fabric-server-6d4c9", null, "fabric-server-6d4c9")]
    [InlineData("_", null, "replica")]
    public void A_replica_without_a_name_gets_one_that_a_lease_can_have(string host, int? process, string expected)
    {
        Assert.Equal(expected, ReplicaIdentity.Default(host, process));
        Assert.Null(ReplicaIdentity.Check(expected));
    }
}
