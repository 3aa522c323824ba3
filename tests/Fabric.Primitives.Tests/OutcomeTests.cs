namespace Fabric.Primitives.Tests;

public class OutcomeTests
{
    [Fact]
    public void A_value_converts_to_a_granted_outcome()
    {
        Outcome<int> outcome = 7;
        Assert.True(outcome.IsGranted);
        Assert.Equal(7, outcome.Value);
        Assert.True(outcome.TryGet(out var value, out var refusal));
        Assert.Equal(7, value);
        Assert.Null(refusal);
    }

    [Fact]
    public void A_refusal_converts_to_a_refused_outcome_that_has_no_value()
    {
        var reason = new MalformedValue("x", "a number", "it is a letter") { Field = "spec.count" };
        Outcome<int> outcome = reason;
        Assert.False(outcome.IsGranted);
        Assert.False(outcome.TryGet(out _, out var refusal));
        Assert.Same(reason, refusal);
        Assert.Equal("spec.count: 'x' is not a number: it is a letter.", refusal.ToString());
        Assert.Contains(refusal.Message, Assert.Throws<InvalidOperationException>(() => outcome.Value).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parsing_a_field_gives_the_value_or_names_the_field()
    {
        Assert.Equal(IpAddress.Parse("::1"), Outcome.Parse<IpAddress>("::1", "spec.gateway").Value);
        Assert.Equal(
            new MalformedValue("10.2.3.1/24", "an IP prefix", "it has host bits, the network is 10.2.3.0/24") { Field = "spec.cidr" },
            Outcome.Parse<IpPrefix>("10.2.3.1/24", "spec.cidr").Refusal);
    }

    [Fact]
    public void Outcomes_are_equal_by_value_or_by_refusal()
    {
        Assert.Equal(Outcome.Granted("a"), (Outcome<string>)"a");
        Assert.NotEqual(Outcome.Granted("a"), Outcome.Granted("b"));
        Assert.Equal(Outcome.Parse<Mtu>("1"), Outcome.Parse<Mtu>("1"));
        Assert.NotEqual(Outcome.Parse<Mtu>("1"), Outcome.Parse<Mtu>("1", "mtu"));
    }

    [Fact]
    public void An_unset_outcome_has_no_value() =>
        Assert.Throws<InvalidOperationException>(() => default(Outcome<string>).Value);
}
