using System.Diagnostics;

namespace Node.Testing;

/// <summary>A program that a test runs beside itself, recorded, with its output in a file, and ended by its process.</summary>
public sealed class Daemon : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly Process _process;

    private Daemon(Process process, string log)
    {
        _process = process;
        Log = log;
    }

    /// <summary>The file of what it printed.</summary>
    public string Log { get; }

    public int Pid => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <param name="log">Where its output goes.</param>
    /// <param name="environment">Beside this process's own.</param>
    /// <param name="file">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    public static Daemon Start(string log, IReadOnlyDictionary<string, string> environment, string file, params string[] arguments)
    {
        // The shell opens the log and becomes the program, so that no pipe has to be read and the pid is the program's.
        var start = new ProcessStartInfo("/bin/sh", ["-c", "exec \"$@\" >>\"$0\" 2>&1 </dev/null", log, file, .. arguments]) { UseShellExecute = false };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        var process = Process.Start(start) ?? throw new InvalidOperationException($"{file} does not start");
        Ledger.Current.Process(process.Id);
        return new Daemon(process, log);
    }

    /// <summary>Ends it as a crash would, with SIGKILL, and waits for its end.</summary>
    public void Kill()
    {
        if (!_process.HasExited)
            _process.Kill();
        WaitForExit();
    }

    /// <summary>Asks it to end, with SIGTERM, and waits until it has.</summary>
    public void Terminate()
    {
        if (!_process.HasExited)
            Command.TryRun("kill", "-TERM", Pid.ToString());
        WaitForExit();
    }

    public void Dispose()
    {
        Kill();
        _process.Dispose();
    }

    private void WaitForExit()
    {
        if (!_process.WaitForExit(Limit))
            throw new TimeoutException($"process {Pid} did not end within {Limit}; its log is {Log}");
    }
}
