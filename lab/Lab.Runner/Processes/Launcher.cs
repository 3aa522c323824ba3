using System.Diagnostics;
using Lab.Runner.State;

namespace Lab.Runner.Processes;

/// <summary>Starts the long-running programs of a lab so that each is recorded, boxed and survives its starter.</summary>
/// <param name="cgroup">The lab's box.</param>
/// <param name="ledger">The account of the starting process.</param>
public sealed class Launcher(Cgroup cgroup, Ledger ledger)
{
    // Enters the group, leaves the terminal's session, sends output to the log; `exec` keeps the process number throughout.
    private const string Script = """
        echo $$ > "$1" || exit 126
        log=$2
        shift 2
        exec setsid "$@" </dev/null >>"$log" 2>&1
        """;

    /// <summary>Starts a program that stays in the foreground (as containerd or the server do).</summary>
    /// <exception cref="LabException">It ended at once; the message has the end of its log.</exception>
    public async Task<ProcessIdentity> StartAsync(DaemonStart daemon, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> command = InNamespace(daemon.Namespace, [daemon.File, .. daemon.Arguments]);
        var start = new ProcessStartInfo("/bin/sh", ["-c", Script, "sh", cgroup.DaemonsFile, daemon.Log, .. command]) { UseShellExecute = false };
        foreach (var (name, value) in daemon.Environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start) ?? throw new UnreachableException();
        if (ProcessIdentity.Of(process.Id) is not { } identity)
        {
            await process.WaitForExitAsync(cancellationToken);
            throw new LabException($"{daemon.Name} ended at once:\n{LogTail(daemon.Log)}");
        }

        ledger.Add(new ProcessMade(daemon.Name, identity.Pid, identity.StartTicks, daemon.Log));
        return identity;
    }

    /// <summary>Starts a program that goes to the background by itself once it is ready and writes its number (as OVS's do).</summary>
    /// <param name="daemon">What to start; its arguments must ask for detaching.</param>
    /// <param name="pidFile">Where it writes its number.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ToolException">It did not become ready.</exception>
    public async Task<ProcessIdentity> StartDetachingAsync(DaemonStart daemon, string pidFile, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> command = InNamespace(daemon.Namespace, [daemon.File, .. daemon.Arguments]);
        await Tool.RunAsync("/bin/sh", ["-c", "echo $$ > \"$1\" || exit 126; shift; exec \"$@\"", "sh", cgroup.DaemonsFile, .. command], cancellationToken, environment: daemon.Environment);
        int pid = int.Parse(await File.ReadAllTextAsync(pidFile, cancellationToken));
        ProcessIdentity identity = ProcessIdentity.Of(pid) ?? throw new LabException($"{daemon.Name} ended right after it started:\n{LogTail(daemon.Log)}");
        ledger.Add(new ProcessMade(daemon.Name, identity.Pid, identity.StartTicks, daemon.Log));
        return identity;
    }

    /// <summary>Waits until a program that was started answers.</summary>
    /// <param name="daemon">What was started.</param>
    /// <param name="identity">Its process.</param>
    /// <param name="ready">Asked again and again.</param>
    /// <param name="deadline">How long it may take.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="LabException">It ended or did not answer in time; the message has the end of its log.</exception>
    public static async Task WaitReadyAsync(DaemonStart daemon, ProcessIdentity identity, Func<CancellationToken, Task<bool>> ready, TimeSpan deadline, CancellationToken cancellationToken)
    {
        bool answered = false;
        await Until.TrueAsync(
            async ct => (answered = await ready(ct)) || !identity.IsAlive,
            deadline,
            cancellationToken);
        if (!answered)
        {
            string what = identity.IsAlive ? $"was not ready within {deadline.TotalSeconds:0} s" : "ended before it was ready";
            throw new LabException($"{daemon.Name} {what}. The end of {daemon.Log}:\n{LogTail(daemon.Log)}");
        }
    }

    /// <summary>The last lines of a log, indented, for an error message.</summary>
    internal static string LogTail(string path, int lines = 15)
    {
        try
        {
            return string.Join('\n', File.ReadLines(path).TakeLast(lines).Select(l => "    " + l));
        }
        catch (IOException)
        {
            return "    (no log)";
        }
    }

    private static IReadOnlyList<string> InNamespace(string? name, IReadOnlyList<string> command) =>
        name is null ? command : ["nsenter", $"--net={NamespacePath(name)}", "--", .. command];

    private static string NamespacePath(string name) => name.StartsWith('/') ? name : $"/run/netns/{name}";
}

/// <summary>A long-running program to start.</summary>
/// <param name="Name">What it is, for people and in the ledger.</param>
/// <param name="File">Program, by name or path.</param>
/// <param name="Arguments">Its arguments.</param>
/// <param name="Log">File that its output is appended to.</param>
/// <param name="Namespace">Network namespace by name or absolute path; null is the host's.</param>
/// <param name="Environment">Variables set in addition to the starter's.</param>
public sealed record DaemonStart(
    string Name,
    string File,
    IReadOnlyList<string> Arguments,
    string Log,
    string? Namespace = null,
    IReadOnlyDictionary<string, string>? Environment = null);
