using System.Net;

namespace Fabric.Server.Tests;

/// <summary>A thousand objects at once are as clear as one.</summary>
public sealed class BadInputManyTests(BadInputServer server) : IClassFixture<BadInputServer>
{
    private const int Many = 1000;
    private const int Stride = 9;

    private static string Subnet(int number, string prefix) =>
        $"{{apiVersion: fabric.vmnet.io/v1alpha1, kind: Subnet, metadata: {{name: {prefix}{number}}}, spec: {{ipv4: {{cidr: 10.{number / 256}.{number % 256}.0/24}}}}}}";

    [Fact]
    public async Task A_thousand_subnets_are_applied_and_those_that_overlap_them_are_refused_each_for_its_own()
    {
        for (var i = 0; i < Many; i++)
            Assert.Equal(HttpStatusCode.Created, (await server.ApplyAsync("subnets", $"s{i}", Subnet(i, "s"))).Code);
        for (var i = 0; i < Many; i += Stride)
        {
            var refused = await BadInputServer.RefusedAsync(() => server.ApplyAsync("subnets", $"t{i}", Subnet(i, "t")));
            Assert.Contains($"of Subnet s{i} in Vpc default", refused.Detail, StringComparison.Ordinal);
        }
    }
}
