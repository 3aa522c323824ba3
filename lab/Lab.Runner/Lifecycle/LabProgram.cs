using Fabric.Kube;
using Lab.Runner.Interop;
using Lab.Runner.Processes;
using Lab.Runner.State;
using Lab.Runner.Topology;

namespace Lab.Runner.Lifecycle;

/// <summary>One of the programs that <c>lab up</c> started, for whoever looks at what its failure does. It runs again when this is disposed of.</summary>
public sealed class LabProgram : IAsyncDisposable
{
    private const string Switch = "ovs-vswitchd";
    private const string PidFile = "--pidfile=";

    private static readonly TimeSpan EndDeadline = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ServerDeadline = TimeSpan.FromSeconds(90);

    private readonly FabricLab _lab;
    private readonly DaemonStart _start;
    private readonly Func<CancellationToken, Task> _ready;
    private ProcessIdentity _process;

    private LabProgram(FabricLab lab, ProcessIdentity process, DaemonStart start, Func<CancellationToken, Task> ready) => (_lab, _process, _start, _ready) = (lab, process, start, ready);

    /// <summary>Finds a node's program that runs.</summary>
    /// <param name="lab">The lab.</param>
    /// <param name="name">What it is, without the node, as <see cref="FabricLab.StatusAsync"/> lists it: <c>fabric agent</c>.</param>
    /// <param name="node">The node.</param>
    /// <exception cref="LabException">It does not run.</exception>
    public static LabProgram Find(FabricLab lab, string name, string node)
    {
        NodeRecord record = lab.Record.Nodes.First(each => each.Name == node);
        return Find(lab, $"{name} ({node})", record.Namespace, ct => name == Switch ? NodeNetwork.RejoinAsync(lab.Record, record, ct) : Task.CompletedTask);
    }

    /// <summary>Finds the control plane.</summary>
    /// <exception cref="LabException">It does not run.</exception>
    public static LabProgram FindServer(FabricLab lab) =>
        Find(lab, "fabric server", lab.Record.CentralNamespace, async ct =>
        {
            using KubeClient client = lab.Connect();
            if (!await Until.TrueAsync(client.IsReadyAsync, ServerDeadline, ct))
            {
                throw new LabException($"the API of lab {lab.Record.Id} does not answer");
            }
        });

    /// <summary>Ends it as a crash does.</summary>
    public async Task KillAsync(CancellationToken cancellationToken)
    {
        _process.Signal(Libc.SigKill);
        if (!await _process.EndedWithinAsync(EndDeadline, cancellationToken))
        {
            throw new LabException($"{_start.Name} does not end after SIGKILL");
        }
    }

    /// <summary>Has it stand still.</summary>
    public void Hold() => _process.Signal(Libc.SigStop);

    /// <summary>Has it go on after <see cref="Hold"/>.</summary>
    public void GoOn() => _process.Signal(Libc.SigContinue);

    /// <summary>Starts it again as it was started before; one that runs goes on.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (_process.IsAlive)
        {
            GoOn();
            return;
        }

        using Ledger ledger = _lab.OpenLedger("up");
        ledger.Add(new ProcessReleased(_process.Pid));
        Launcher launcher = _lab.LauncherFor(ledger);
        string? pidFile = _start.Arguments.FirstOrDefault(each => each.StartsWith(PidFile, StringComparison.Ordinal))?[PidFile.Length..];
        _process = pidFile is null
            ? await launcher.StartAsync(_start, cancellationToken)
            : await launcher.StartDetachingAsync(_start, pidFile, cancellationToken);
        await _ready(cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await StartAsync(CancellationToken.None);

    private static LabProgram Find(FabricLab lab, string name, string ns, Func<CancellationToken, Task> ready)
    {
        ProcessMade made = lab.Started().Single(each => each.Name == name);
        var process = new ProcessIdentity(made.Pid, made.StartTicks);
        if (!process.IsAlive)
        {
            throw new LabException($"{name} does not run");
        }

        string[] command = Strings($"/proc/{made.Pid}/cmdline");
        Dictionary<string, string> environment = Strings($"/proc/{made.Pid}/environ")
            .Select(each => each.Split('=', 2))
            .Where(each => each.Length == 2)
            .DistinctBy(each => each[0])
            .ToDictionary(each => each[0], each => each[1], StringComparer.Ordinal);
        return new LabProgram(lab, process, new DaemonStart(name, command[0], command[1..], made.Log!, ns, environment), ready);
    }

    // Each ends with a zero (proc(5)).
    private static string[] Strings(string path) => File.ReadAllText(path).TrimEnd('\0').Split('\0');
}
