using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Bpf.FastPath.Endpoints;
using Microsoft.Extensions.Logging;
using Node.Testing;

namespace Cni.Agent.Tests.Fixtures;

/// <summary>A real agent in a process of its own.</summary>
internal sealed class AgentProcess : IDisposable
{
    /// <summary>The first argument that makes this program an agent.</summary>
    public const string Mode = "--as-agent";

    /// <summary>Where it serves its metrics, in the namespace of these tests.</summary>
    public static readonly IPEndPoint Metrics = new(IPAddress.Loopback, 9464);

    // A busy machine starts a process slowly, and the agent itself waits for the switch's database for half of it.
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly string _folder;
    private readonly string _name;
    private readonly string[] _arguments;
    private Daemon? _daemon;

    /// <param name="folder">Holds the socket, and below it the agent's state and log.</param>
    /// <param name="kubeconfig">For the API.</param>
    /// <param name="ovs">The switch's database.</param>
    /// <param name="name">Tells two agents of one folder apart.</param>
    /// <param name="maxEndpoints">As many as it can have.</param>
    public AgentProcess(string folder, string kubeconfig, string ovs, string name = "agent", int maxEndpoints = EndpointDatapath.DefaultMaxEndpoints)
    {
        _folder = folder;
        _name = name;
        _arguments = [kubeconfig, ovs, SocketPath, StateDirectory, KillFile, maxEndpoints.ToString(CultureInfo.InvariantCulture)];
    }

    public string SocketPath => Path.Combine(_folder, "agent.sock");

    /// <summary>While it is there, it has the number of the step after which the agent ends: see <see cref="KillAfter"/>.</summary>
    public string KillFile => Path.Combine(_folder, $"{_name}.kill");

    public bool HasExited => _daemon?.HasExited != false;

    public int Pid => _daemon!.Pid;

    public string StateDirectory => Path.Combine(_folder, $"{_name}.state");

    public string Log => Path.Combine(_folder, $"{_name}.out");

    /// <summary>Whether the state is on a disk of some pages, which ends with the agent.</summary>
    public bool TinyState { get; init; }

    /// <summary>The files of the journal: one for each attachment, the later one while a write takes the place of another.</summary>
    public string[] Journal => Directory.Exists(StateDirectory)
        ? [.. Directory.GetFiles(StateDirectory, "*.json", SearchOption.AllDirectories).GroupBy(file => Path.GetFileName(file)[..10]).Select(files => files.MaxBy(File.GetLastWriteTimeUtc)!)]
        : [];

    /// <summary>The files of the journal that have some text in them.</summary>
    public string[] JournalWith(string text) => [.. Journal.Where(file => ReadIfThere(file).Contains(text, StringComparison.Ordinal))];

    private static string ReadIfThere(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (FileNotFoundException)
        {
            return "";
        }
    }

    /// <summary>Serves as the agent; the other side of <see cref="StartAsync"/>.</summary>
    public static async Task<int> ServeAsync(string[] arguments)
    {
        using var logs = LoggerFactory.Create(builder => builder.AddSimpleConsole(console => console.SingleLine = true).SetMinimumLevel(LogLevel.Debug));
        using var ended = new CancellationTokenSource();
        using var signal = System.Runtime.InteropServices.PosixSignalRegistration.Create(System.Runtime.InteropServices.PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            ended.Cancel();
        });
        try
        {
            await AgentHost.RunAsync(
                new AgentOptions
                {
                    NodeName = SwitchFixture.NodeName,
                    Kubeconfig = arguments[0],
                    Ovs = arguments[1],
                    Socket = arguments[2],
                    StateDirectory = arguments[3],
                    Metrics = Metrics,
                    HealthPeriod = TimeSpan.FromSeconds(1),
                    LoggerFactory = logs,
                    Steps = new StepKiller(arguments[4]),
                    MaxEndpoints = int.Parse(arguments[5], CultureInfo.InvariantCulture),
                },
                ended.Token);
            return 0;
        }
        catch (OperationCanceledException)
        {
            return 0;
        }
        catch (AgentException e)
        {
            Console.Error.WriteLine(e.Message);
            return 1;
        }
    }

    /// <summary>Starts it and returns when it serves.</summary>
    public async Task StartAsync()
    {
        Launch();
        await Eventually.HoldsAsync(() => _daemon!.HasExited || Answers(), StartLimit);
        if (_daemon!.HasExited)
            throw new InvalidOperationException($"the agent ended at once: {File.ReadAllText(Log)}");
    }

    /// <summary>Starts an agent that is expected to give up, and returns what it printed.</summary>
    public async Task<string> StartInVainAsync()
    {
        Launch();
        await Eventually.HoldsAsync(() => _daemon!.HasExited, StartLimit);
        return File.ReadAllText(Log);
    }

    /// <summary>Has the agent end after so many more steps.</summary>
    public void KillAfter(int steps)
    {
        // Whole at once, for the agent may be at a step just now.
        File.WriteAllText(KillFile + ".new", steps.ToString(CultureInfo.InvariantCulture));
        File.Move(KillFile + ".new", KillFile, overwrite: true);
    }

    public void Kill()
    {
        _daemon?.Dispose();
        _daemon = null;
    }

    public void Terminate() => _daemon?.Terminate();

    public void Dispose() => Kill();

    private void Launch()
    {
        var self = Environment.ProcessPath!;
        string[] program = Path.GetFileNameWithoutExtension(self) == "dotnet" ? [self, Environment.GetCommandLineArgs()[0]] : [self];
        string[] disk = TinyState ? ["unshare", "--mount", "--propagation", "slave", "sh", "-c", $"mkdir -p {StateDirectory} && mount -t tmpfs -o size=64k fabric-test {StateDirectory} && exec \"$@\"", "sh"] : [];
        string[] all = [.. disk, .. program, Mode, .. _arguments];
        _daemon = Daemon.Start(Log, new Dictionary<string, string>(), all[0], all[1..]);
    }

    /// <summary>Leaves no page free on the agent's <see cref="TinyState"/>.</summary>
    public void FillState()
    {
        using var filler = new FileStream($"/proc/{Pid}/root{StateDirectory}/filler", FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        var page = new byte[4096];
        try
        {
            for (var written = 0; written < 1 << 20; written += page.Length)
                filler.Write(page);
        }
        catch (IOException)
        {
            return;
        }

        throw new InvalidOperationException($"{StateDirectory} is no small disk");
    }

    /// <summary>Whether it serves.</summary>
    public bool Answers()
    {
        // Connecting proves nothing: an agent listens before it has mended what an earlier one left. An answer does.
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = 20_000 };
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(SocketPath));
            probe.Send("""{"command":"STATUS","config":{"cniVersion":"1.1.0"}}"""u8);
            probe.Send("\n"u8);
            return probe.Receive(new byte[1]) == 1;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
