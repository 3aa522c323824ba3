using Cni.Agent.Migrating;

namespace Cni.Agent.Tests.Migrating;

public sealed class ReleasePlanTests
{
    [Fact]
    public void What_was_read_is_passed_over_and_the_rest_is_not()
    {
        Assert.Equal([true, true, false, false], ReleasePlan.Unread([1, 2, 3, 4], [9, 1, 2]));
    }

    [Fact]
    public void Frames_that_are_the_same_are_counted()
    {
        // An ARP request that was repeated: two of three were read.
        Assert.Equal([true, true, false], ReleasePlan.Unread([7, 7, 7], [7, 7]));
    }

    [Fact]
    public void What_came_before_the_first_that_is_known_was_read_if_no_more_is_known()
    {
        Assert.Equal([false, false, true, false], ReleasePlan.Unread([1, 2, 3, 4], [3]));
        Assert.Equal([true, true, true, false], ReleasePlan.Unread([1, 2, 3, 4], [3], isCut: true));
        Assert.Equal([false, false], ReleasePlan.Unread([1, 2], [9], isCut: true));
    }

    [Fact]
    public void What_came_to_the_target_alone_is_missed()
    {
        var (missed, known) = ReleasePlan.Missed([1, 2, 3, 0, 4], [1, 4, 9], most: 2);
        Assert.Equal([1, 2], missed);
        Assert.Equal(5, known);
    }

    [Fact]
    public void What_is_too_much_to_be_given_at_a_time_is_given_after()
    {
        var (missed, known) = ReleasePlan.Missed([1, 2, 3, 4, 5], [2, 4], most: 2);
        Assert.Equal([0, 2], missed);
        Assert.Equal(4, known);
    }

    [Fact]
    public void Nothing_that_was_not_read_is_passed_over_whatever_was_kept_and_read()
    {
        var random = new Random(20260102);
        for (var round = 0; round < 2000; round++)
        {
            // What goes into the tap of the source is what the target keeps, from some point on; the guest reads the first of it.
            var sent = Enumerable.Range(0, random.Next(0, 60)).Select(_ => (ulong)random.Next(0, 40)).ToArray();
            var read = random.Next(0, sent.Length + 1);
            var keptFrom = random.Next(0, sent.Length + 1);
            var passed = ReleasePlan.Unread(sent[keptFrom..], sent[..read]);
            var delivered = sent[keptFrom..].Where((_, i) => !passed[i]).ToArray();
            foreach (var frame in sent.Distinct())
            {
                var unread = sent[Math.Max(read, keptFrom)..].Count(each => each == frame);
                Assert.True(delivered.Count(each => each == frame) + sent[..read].Count(each => each == frame) >= Math.Min(sent[keptFrom..].Count(each => each == frame), unread));
            }

            // Where all frames differ, exactly the unread are delivered.
            if (sent.Distinct().Count() == sent.Length)
            {
                Assert.Equal(sent[Math.Max(read, keptFrom)..], delivered);
            }
        }
    }

    [Fact]
    public void What_is_too_old_is_passed_over_though_it_was_not_read() =>
        Assert.Equal([true, true, false], ReleasePlan.Unread([1, 2, 3], [2], isCut: false, [10, 20, 30], since: 20));

    [Fact]
    public void Without_an_answer_what_is_newer_than_a_time_is_delivered() =>
        Assert.Equal([true, false, false], ReleasePlan.NewerThan([10, 20, 30], 20));

    [Theory]
    // queued, base, sent, dropped, dropped before, unread
    [InlineData(0, 0, 0, 0, 0, 2)]
    [InlineData(100, 0, 90, 0, 0, 12)]
    [InlineData(100, 50, 140, 0, 0, 12)]
    [InlineData(100, 0, 80, 10, 10, 12)]
    [InlineData(100, 0, 80, 10, 0, 22)]
    [InlineData(5, 0, 9, 0, 0, 2)]
    public void Unread_is_what_went_in_and_neither_came_out_nor_was_dropped_and_two_more(long queued, long @base, long sent, long dropped, long before, long expected) =>
        Assert.Equal(expected, ReleasePlan.Unread(queued, @base, sent, dropped, before));
}
