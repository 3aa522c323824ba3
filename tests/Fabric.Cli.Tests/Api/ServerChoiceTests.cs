using Fabric.Cli.Api;
using Fabric.Cli.Terminal;

namespace Fabric.Cli.Tests.Api;

public sealed class ServerChoiceTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fabric-choice-").FullName;
    private readonly string _there;
    private readonly string _missing;

    public ServerChoiceTests()
    {
        _there = Path.Combine(_folder, "config");
        _missing = Path.Combine(_folder, "missing");
        File.WriteAllText(_there, "");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_command_line_goes_before_the_environment_and_that_before_the_home_folder()
    {
        Assert.Equal("given", ServerChoice.Find("given", _there, _there, ["lab"]));
        Assert.Equal(_there, ServerChoice.Find(null, $"{_missing}:{_there}", _missing, ["lab"]));
        Assert.Equal(_there, ServerChoice.Find(null, "", _there, ["lab"]));
    }

    [Fact]
    public void The_only_lab_or_server_of_the_machine_is_used_when_nothing_is_said() =>
        Assert.Equal("lab", ServerChoice.Find(null, null, _missing, ["lab"]));

    [Fact]
    public void Where_there_is_none_or_more_than_one_the_message_says_what_to_do()
    {
        Assert.Contains("--kubeconfig FILE", Assert.Throws<CommandFailure>(() => ServerChoice.Find(null, null, _missing, [])).Message, StringComparison.Ordinal);
        Assert.Contains("a or b", Assert.Throws<CommandFailure>(() => ServerChoice.Find(null, null, _missing, ["a", "b"])).Message, StringComparison.Ordinal);
        Assert.Contains("there is no such file", Assert.Throws<CommandFailure>(() => ServerChoice.Find(null, _missing, _there, [])).Message, StringComparison.Ordinal);
    }
}
