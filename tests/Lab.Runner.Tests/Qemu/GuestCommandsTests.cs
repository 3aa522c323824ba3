using Lab.Runner.Processes;
using Lab.Runner.Qemu;

namespace Lab.Runner.Tests.Qemu;

public sealed class GuestCommandsTests
{
    [Theory]
    [InlineData("id 0 aGk= ", 0, "hi", "")]
    [InlineData("id 3 aGk= bm8=\r", 3, "hi", "no")]
    [InlineData("noiseid 0  ", 0, "", "")]
    public void Whole_answer_is_read(string line, int exitCode, string output, string error) =>
        Assert.Equal(new ToolResult(exitCode, output, error), GuestCommands.Parse(line, "id"));

    [Theory]
    [InlineData("")]
    [InlineData("other 0 aGk= ")]
    [InlineData("id x aGk= ")]
    [InlineData("id 0 !!! ")]
    [InlineData("id 0 aGk=")]
    public void Anything_else_is_passed_over(string line) => Assert.Null(GuestCommands.Parse(line, "id"));
}
