using System.Text.Json;
using Lab.Demo;
using Lab.Runner.Lifecycle;
using Lab.Runner.Processes;

namespace Lab.Tests;

/// <summary>The demo's story, as a user would see it.</summary>
[Collection(nameof(SharedLab))]
public sealed class DemoTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Pod_and_VM_from_their_manifests_talk_across_two_nodes()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        var before = FabricLab.List();
        // Longer than a tool may take: through a shell that ends by itself.
        var result = await ProgramAsync("lab", "demo", "--json", "--samples", Repository.Samples);
        var report = JsonSerializer.Deserialize(result.Output, ReportJson.Default.Report)!;
        foreach (var check in report.Checks)
        {
            output.WriteLine($"{check.Shown}: {check.Measured}");
        }

        Assert.All(report.Checks, check => Assert.True(check.Held, $"{check.Shown}: {check.Measured}"));
        Assert.Equal(10, report.Checks.Count);
        Assert.Equal(0, result.ExitCode);
        Assert.Equal(before, FabricLab.List());
        Assert.DoesNotContain($"fl{report.Lab}", (await Tool.RunAsync("ip", ["netns", "list"], TestContext.Current.CancellationToken)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_root_there_is_one_clear_line()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root to become somebody else");
        // May read the programs wherever the repository is, and is not root.
        var result = await Tool.TryRunAsync(
            "setpriv",
            [
                "--reuid", "65534", "--regid", "65534", "--clear-groups", "--inh-caps", "+dac_read_search", "--ambient-caps", "+dac_read_search",
                Repository.Fabric, "lab", "up",
            ],
            TestContext.Current.CancellationToken);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("sudo", result.Error, StringComparison.Ordinal);
        Assert.Single(result.Error.TrimEnd().Split('\n'));
    }

    private static async Task<ToolResult> ProgramAsync(params string[] arguments)
    {
        var start = new System.Diagnostics.ProcessStartInfo(Repository.Fabric, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        using var process = System.Diagnostics.Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var text = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return new ToolResult(process.ExitCode, text, await error);
    }
}
