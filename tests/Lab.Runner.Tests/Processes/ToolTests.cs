using System.Diagnostics;
using Lab.Runner.Processes;

namespace Lab.Runner.Tests.Processes;

public sealed class ToolTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_failure_tells_the_command_the_code_and_what_it_printed()
    {
        ToolException e = await Assert.ThrowsAsync<ToolException>(() => Tool.RunAsync("sh", ["-c", "echo no such device >&2; exit 3"], Cancelled));
        Assert.Equal("`sh -c 'echo no such device >&2; exit 3'`: exit code 3: no such device", e.Message);
    }

    [Fact]
    public async Task A_missing_tool_is_named() =>
        Assert.Contains("no-such-tool", (await Assert.ThrowsAsync<ToolException>(() => Tool.RunAsync("no-such-tool", [], Cancelled))).Message, StringComparison.Ordinal);

    [Fact]
    public async Task Input_is_passed_and_output_is_returned() => Assert.Equal("a b", await Tool.RunAsync("cat", [], Cancelled, "a b"));

    [Fact]
    public async Task Cancelling_ends_the_tool()
    {
        using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        long start = Stopwatch.GetTimestamp();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Tool.RunAsync("sleep", ["60"], cancel.Token));
        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task A_process_is_stopped_only_by_its_own_start_time()
    {
        using Process sleep = Process.Start("sleep", "1000");
        ProcessIdentity identity = ProcessIdentity.Of(sleep.Id)!.Value;
        await (identity with { StartTicks = identity.StartTicks + 1 }).StopAsync(TimeSpan.Zero, Cancelled);
        Assert.True(identity.IsAlive);
        await identity.StopAsync(TimeSpan.FromSeconds(10), Cancelled);
        Assert.False(identity.IsAlive);
        await identity.StopAsync(TimeSpan.Zero, Cancelled);
    }

    [Fact]
    public async Task A_process_that_is_deaf_to_the_request_is_killed()
    {
        using var deaf = Process.Start(new ProcessStartInfo("sh", ["-c", "trap '' TERM; echo on; while :; do sleep 1; done"]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        Assert.Equal("on", await deaf.StandardOutput.ReadLineAsync(Cancelled));
        ProcessIdentity identity = ProcessIdentity.Of(deaf.Id)!.Value;
        await identity.StopAsync(TimeSpan.FromMilliseconds(100), Cancelled);
        Assert.False(identity.IsAlive);
    }
}
