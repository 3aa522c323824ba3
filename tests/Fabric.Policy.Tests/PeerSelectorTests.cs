using Fabric.Policy.Model;
using Fabric.Resources;

namespace Fabric.Policy.Tests;

public class PeerSelectorTests
{
    private static LabelSelector In(params string[] values) => new() { MatchExpressions = [new() { Key = "k", Operator = LabelOperator.In, Values = [.. values] }] };

    [Fact]
    public void What_says_the_same_has_the_same_key_and_what_does_not_has_another()
    {
        Assert.Equal(new PeerSelector { Namespaces = In("a", "b") }.Key, new PeerSelector { Namespaces = In("b", "a") }.Key);
        Assert.Equal(new PeerSelector().Key, new PeerSelector { Namespaces = new(), Workloads = new() }.Key);
        Assert.Equal(new PeerSelector { Namespaces = In("a", "b"), Workloads = new() }, new PeerSelector { Namespaces = In("b", "a") });
        PeerSelector[] different =
        [
            new(), new() { Namespace = "a" }, new() { Namespaces = In("a") }, new() { Workloads = In("a") }, new() { Namespace = "a", Workloads = In("a") },
            new() { Group = new("a", "a") }, new() { Group = new("a", "b") }, new() { Port = new("p", SecurityProtocol.TCP, 1) }, new() { Port = new("p", SecurityProtocol.UDP, 1) },
            new() { Workloads = World.Labels("k", "a") }, new() { Namespaces = World.Labels("k", "a") },
        ];
        Assert.Equal(different.Length, different.Select(each => each.Key).Distinct().Count());
        Assert.Equal(different.Length, different.Distinct().Count());
    }
}
