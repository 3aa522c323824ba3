using System.Diagnostics;
using Fabric.Bench.Machine;

namespace Fabric.Bench.Servers;

/// <summary>A program that runs beside a benchmark, its output in a file. It is ended by its process, never by name.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private const int LinesTold = 5;

    private readonly Process _process;
    private readonly string _name;

    private ServerProcess(Process process, string name, string log)
    {
        _process = process;
        _name = name;
        Log = log;
    }

    /// <summary>The file of what it prints.</summary>
    internal string Log { get; }

    internal int Pid => _process.Id;

    internal static ServerProcess Start(string name, string log, string file, IEnumerable<string> arguments)
    {
        // The shell opens the log and becomes the program, so that no pipe has to be read and the pid is the program's.
        var start = new ProcessStartInfo("/bin/sh", ["-c", "exec \"$@\" >>\"$0\" 2>&1 </dev/null", log, file, .. arguments]) { UseShellExecute = false };
        return new ServerProcess(Process.Start(start) ?? throw new BenchException($"{name} does not start"), name, log);
    }

    internal ProcessUsage Usage() => ProcessUsage.Of(Pid);

    /// <summary>Completes when the condition holds.</summary>
    /// <exception cref="BenchException">The program ended, or it took longer than <paramref name="limit"/>.</exception>
    internal async Task WaitUntilAsync(Func<CancellationToken, Task<bool>> holds, string what, TimeSpan limit, CancellationToken cancellationToken)
    {
        var since = Stopwatch.GetTimestamp();
        while (!await holds(cancellationToken))
        {
            if (_process.HasExited)
            {
                throw new BenchException($"{_name} ended with {_process.ExitCode}: {LastLines()}");
            }

            if (Stopwatch.GetElapsedTime(since) > limit)
            {
                throw new BenchException($"{_name}: {what} did not come about within {limit.TotalSeconds:0} s: {LastLines()}");
            }

            await Task.Delay(10, cancellationToken);
        }
    }

    /// <summary>Ends it as a crash does, and waits until it is gone.</summary>
    internal async Task KillAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
    }

    private string LastLines() => File.Exists(Log) ? string.Join(" | ", File.ReadLines(Log).TakeLast(LinesTold)) : "it printed nothing";
}
