namespace Fabric.Realization.Tests;

/// <summary>
/// Random groups and policies: what the plain evaluator says of a connection is what OVN does with its first packet, by what northd made
/// of the rows.
/// </summary>
[Trait("kind", "ovs")]
public sealed class PolicyDifferentialTests
{
    private const int Nics = 14;
    private const int Connections = 36;

    [Theory]
    [InlineData(17)]
    [InlineData(14)]
    public async Task Evaluator_and_OVN_agree(int seed)
    {
        var random = new RandomPolicies(seed) { WithStateless = true };
        var world = new PolicyWorld();
        var nics = random.Nics(Nics);
        foreach (var nic in nics)
        {
            world.Set(nic);
        }

        foreach (var policy in random.Policies(groups: 4, policies: 5))
        {
            world.Set(policy);
        }

        await using var ovn = await NorthdFixture.StartAsync(
            world, [Objects.Vpc("v"), Objects.Subnet("s1", "10.0.1.0/24 fd00:1::/64"), Objects.Subnet("s2", "10.0.2.0/24 fd00:2::/64"), .. nics.Select((nic, i) => (object)Objects.Nic(nic, i))]);
        Assert.Empty(ovn.Complaints);
        var evaluator = world.Evaluator;
        var connections = Enumerable.Range(0, Connections).Select(_ => random.Connect(nics)).ToList();
        var verdicts = connections.Select(evaluator.Evaluate).ToList();
        // Of both there are enough for the comparison to mean something.
        Assert.InRange(verdicts.Count(verdict => verdict.IsAllowed), Connections / 10, Connections * 9 / 10);

        foreach (var (connection, verdict) in connections.Zip(verdicts))
        {
            var trace = await ovn.TraceAsync(connection);
            var passes = trace.Contains($"output to \"{Objects.PortOf(connection.To.Nic!)}\"", StringComparison.Ordinal);
            Assert.True(
                passes == verdict.IsAllowed,
                $"seed {seed}: {connection.From.Nic!.Nic} -> {connection.To.Nic!.Nic} {connection.To.Address} {connection.Protocol} {connection.Port}: "
                + $"the evaluator says {verdict.IsAllowed} by {verdict.Egress} and {verdict.Ingress}, OVN says\n{trace}");
        }
    }
}
