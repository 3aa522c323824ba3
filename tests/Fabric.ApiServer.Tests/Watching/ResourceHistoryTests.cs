using Fabric.ApiServer.Storage;
using Fabric.ApiServer.Watching;

namespace Fabric.ApiServer.Tests.Watching;

public sealed class ResourceHistoryTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(100)]
    public void The_latest_changes_are_kept_in_order_and_found_by_version(int appended)
    {
        var history = new ResourceHistory(forgotten: 5, most: 40, mostBytes: long.MaxValue);
        for (var i = 1; i <= appended; i++)
            history.Append(ChangeOf(version: 10 * i, bytes: 1));
        var kept = Math.Min(appended, 40);
        Assert.Equal(appended > kept ? 10 * (appended - kept) : 5, history.Forgotten);
        for (var after = history.Forgotten; after <= 10 * appended + 1; after++)
        {
            var expected = Enumerable.Range(1, appended).Select(i => 10L * i).Where(v => v > after);
            Assert.Equal(expected, history.Since(after).Select(c => c.Version));
        }
    }

    [Fact]
    public void Large_bodies_push_older_ones_out_and_the_latest_always_stays()
    {
        var history = new ResourceHistory(forgotten: 0, most: 1000, mostBytes: 100);
        for (var i = 1; i <= 10; i++)
            history.Append(ChangeOf(i, bytes: 30));
        Assert.Equal([8, 9, 10], history.Since(history.Forgotten).Select(c => (int)c.Version));
        history.Append(ChangeOf(11, bytes: 500));
        Assert.Equal(10, history.Forgotten);
        Assert.Single(history.Since(10));
    }

    private static Change ChangeOf(long version, int bytes)
        => new(ChangeKind.Added, new StoredObject(new ObjectKey("things", "", "a"), "u", version, new byte[bytes]), null);
}
