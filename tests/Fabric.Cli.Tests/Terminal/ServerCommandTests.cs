using Fabric.Cli.Tests.Testing;

namespace Fabric.Cli.Tests.Terminal;

/// <summary>What <c>fabric server</c> cannot do with its options is said before it serves anything.</summary>
public sealed class ServerCommandTests
{
    [Theory]
    [InlineData("foo", "write unix:PATH or tcp:HOST:PORT")]
    [InlineData("tcp:1.2.3.4:99999", "write unix:PATH or tcp:HOST:PORT")]
    [InlineData("ssl:1.2.3.4:6641", "the server has no certificate to show")]
    public async Task A_database_that_it_cannot_reach_in_any_way_is_refused(string endpoint, string problem)
    {
        var folder = Path.Combine(Path.GetTempPath(), $"fabric-never-{Guid.NewGuid():N}");
        var ran = await CliServer.RunAsync(["server", "--data", folder, "--listen", "127.0.0.1:6443", "--ovn-nb", endpoint]);
        Assert.NotEqual(0, ran.Code);
        Assert.Contains($"--ovn-nb {endpoint}: {problem}", ran.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder));
    }
}
