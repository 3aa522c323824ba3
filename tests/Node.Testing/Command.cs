using System.Diagnostics;

namespace Node.Testing;

/// <summary>Runs the tools that a test compares with, such as <c>ip</c>, <c>tc</c>, <c>ping</c>.</summary>
public static class Command
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <returns>What it printed.</returns>
    public static string Run(string file, params string[] arguments)
    {
        var (exitCode, output, error) = Execute(file, arguments);
        return exitCode == 0
            ? output
            : throw new InvalidOperationException($"{file} {string.Join(' ', arguments)} ended with {exitCode}: {error}{output}");
    }

    /// <returns>Whether it ended with 0.</returns>
    public static bool TryRun(string file, params string[] arguments) => Execute(file, arguments).ExitCode == 0;

    private static (int ExitCode, string Output, string Error) Execute(string file, string[] arguments)
    {
        var start = new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{file} does not start");
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(Limit))
        {
            process.Kill();
            throw new TimeoutException($"{file} {string.Join(' ', arguments)} took longer than {Limit}");
        }

        return (process.ExitCode, output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult());
    }
}
