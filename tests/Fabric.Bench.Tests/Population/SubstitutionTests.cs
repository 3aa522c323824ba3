using Fabric.Bench.Population;

namespace Fabric.Bench.Tests.Population;

public class SubstitutionTests
{
    [Fact]
    public void Words_are_replaced_wherever_they_stand_alone() =>
        Assert.Equal(
            """{"name":"nics.1-1-1-1","address":"1.1.1.1/24","port":"bench/pod.p.eth0"}""",
            new Substitution("""{"name":"nics.10-0-0-2","address":"10.0.0.2/24","port":"bench/pod.pattern.eth0"}""", ["10-0-0-2", "10.0.0.2", "pattern"])
                .With("1-1-1-1", "1.1.1.1", "p"));

    [Fact]
    public void Word_that_is_part_of_another_is_not_replaced() =>
        Assert.Equal("10.0.0.20 110.0.0.2 x", new Substitution("10.0.0.20 110.0.0.2 10.0.0.2", ["10.0.0.2"]).With("x"));

    [Fact]
    public void Of_two_words_at_the_same_place_the_longer_counts() =>
        Assert.Equal("b a", new Substitution("pattern-node pattern", ["pattern", "pattern-node"]).With("a", "b"));

    [Fact]
    public void Text_without_words_stays() => Assert.Equal("text", new Substitution("text", ["word"]).With("other"));

    [Fact]
    public void Copies_do_not_know_of_each_other()
    {
        var text = new Substitution("<a>", ["a"]);
        Assert.Equal("<b>", text.With("b"));
        Assert.Equal("<c>", text.With("c"));
    }
}
