using System.Diagnostics;

namespace Ovs.Ovsdb.Tests.Servers;

/// <summary>A program of Open vSwitch or OVN that runs beside a test, with its files in the test's folder. It is ended by its process.</summary>
public sealed class Daemon : IAsyncDisposable
{
    private readonly Process _process;

    private Daemon(Process process, string logFile)
    {
        _process = process;
        LogFile = logFile;
    }

    public string LogFile { get; }

    public bool HasExited => _process.HasExited;

    public static Daemon Start(string program, string folder, params IEnumerable<string> arguments)
    {
        OvsdbServer.RequireInstalled(program);
        var log = Path.Combine(folder, $"{Path.GetFileName(program)}.log");
        return new(Process.Start(Describe(program, folder, ["--no-chdir", "-vconsole:off", $"--log-file={log}", .. arguments]))!, log);
    }

    /// <summary>Runs a tool to its end.</summary>
    /// <returns>What it printed; that it fails is a failure of the test.</returns>
    public static async Task<string> RunAsync(string program, string folder, params IEnumerable<string> arguments)
    {
        OvsdbServer.RequireInstalled(program);
        var start = Describe(program, folder, arguments);
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(Clients.Deadline);
        var error = process.StandardError.ReadToEndAsync(Clients.Deadline);
        await process.WaitForExitAsync(Clients.Deadline);
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {await error}");
        return await output;
    }

    /// <summary>The lines of the log that are warnings or worse, but for those that say how long the program stood still: that is the machine's.</summary>
    public IReadOnlyList<string> Complaints() =>
    [
        .. File.ReadLines(LogFile)
            .Where(line => line.Contains("|WARN|", StringComparison.Ordinal) || line.Contains("|ERR|", StringComparison.Ordinal) || line.Contains("|EMER|", StringComparison.Ordinal))
            .Where(line => !line.Contains("|timeval|", StringComparison.Ordinal)),
    ];

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
    }

    private static ProcessStartInfo Describe(string program, string folder, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments);
        foreach (var variable in (string[])["OVS_RUNDIR", "OVS_LOGDIR", "OVS_DBDIR", "OVN_RUNDIR", "OVN_LOGDIR", "OVN_DBDIR"])
        {
            start.Environment[variable] = folder;
        }

        return start;
    }
}
