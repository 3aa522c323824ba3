using System.Net.Sockets;
using Node.Testing;

namespace Cni.Agent.Tests.Fixtures;

/// <summary>
/// A node's switch and OVN, all real: ovsdb-server, ovs-vswitchd with the userspace datapath, ovn-northd and
/// ovn-controller, in the namespace that this test program runs in.
/// </summary>
internal sealed class SwitchFixture : IDisposable
{
    public const string NodeName = "node-t";

    private const string Share = "/usr/share";
    private const string EncapAddress = "127.0.0.1";

    // In the order of their start.
    private readonly Dictionary<string, Daemon> _daemons = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _environment;
    private readonly string _folder;
    private readonly Dictionary<string, (string Program, string[] Arguments)> _commands = new(StringComparer.Ordinal);

    public SwitchFixture(string folder)
    {
        _folder = folder;
        _environment = new[] { "OVS_RUNDIR", "OVS_DBDIR", "OVS_LOGDIR", "OVN_RUNDIR", "OVN_LOGDIR" }.ToDictionary(name => name, _ => folder);
    }

    /// <summary>The switch's database, as <c>fabric agent --ovs</c> takes it.</summary>
    public string Endpoint => $"unix:{PathOf("conf.sock")}";

    public async Task StartAsync()
    {
        await DatabaseAsync("conf", $"{Share}/openvswitch/vswitch.ovsschema");
        await DatabaseAsync("nb", $"{Share}/ovn/ovn-nb.ovsschema");
        await DatabaseAsync("sb", $"{Share}/ovn/ovn-sb.ovsschema");
        Northbound("init");
        Command.Run("ovn-sbctl", $"--db=unix:{PathOf("sb.sock")}", "init");
        Switch("--no-wait", "init");
        Switch(
            "--no-wait", "set", "Open_vSwitch", ".", $"external-ids:system-id={NodeName}", $"external-ids:hostname={NodeName}",
            $"external-ids:ovn-remote=unix:{PathOf("sb.sock")}", "external-ids:ovn-encap-type=geneve",
            $"external-ids:ovn-encap-ip={EncapAddress}", "external-ids:ovn-bridge-datapath-type=netdev");
        Start(
            "ovn-northd", "ovn-northd", "--no-chdir", "-vconsole:off", $"--log-file={PathOf("northd.log")}", $"--unixctl={PathOf("northd.ctl")}",
            $"--ovnnb-db=unix:{PathOf("nb.sock")}", $"--ovnsb-db=unix:{PathOf("sb.sock")}");
        Start("ovs-vswitchd", "ovs-vswitchd", "--no-chdir", "-vconsole:off", $"--log-file={PathOf("vswitchd.log")}", $"--unixctl={PathOf("ovs-vswitchd.ctl")}", $"unix:{PathOf("conf.sock")}");
        Start("ovn-controller", "ovn-controller", "--no-chdir", "-vconsole:off", $"--log-file={PathOf("controller.log")}", $"unix:{PathOf("conf.sock")}");
        await Eventually.HoldsAsync(() => Switch("--columns=name", "--bare", "list", "Bridge").Contains("br-int", StringComparison.Ordinal));
    }

    /// <summary>Runs ovn-nbctl.</summary>
    public string Northbound(params string[] arguments) => Command.Run("ovn-nbctl", [$"--db=unix:{PathOf("nb.sock")}", .. arguments]);

    /// <summary>Runs ovs-vsctl.</summary>
    public string Switch(params string[] arguments) => Command.Run("ovs-vsctl", [$"--db={Endpoint}", .. arguments]);

    /// <summary>The interfaces of the switch that are bound to an OVN port.</summary>
    public string[] InterfacesOf(string port) =>
        Switch("--bare", "--columns=name", "find", "Interface", $"external_ids:iface-id=\"{port}\"").Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Whether OVN has installed the port that is bound to the switch for it.</summary>
    public bool IsInstalled(string port) =>
        Switch("--bare", "--columns=external_ids", "find", "Interface", $"external_ids:iface-id=\"{port}\"").Contains("ovn-installed=true", StringComparison.Ordinal);

    /// <summary>Holds ovn-controller still, so that no port is installed, until <see cref="ResumeController"/>.</summary>
    public void PauseController() => Command.Run("kill", "-STOP", _daemons["ovn-controller"].Pid.ToString());

    public void ResumeController() => Command.Run("kill", "-CONT", _daemons["ovn-controller"].Pid.ToString());

    /// <summary>Ends one of the daemons as a crash does; the databases are called by their names: conf, nb, sb.</summary>
    public void Kill(string daemon)
    {
        if (_daemons.Remove(daemon, out var running))
            running.Dispose();
    }

    /// <summary>Starts it again as it was; a database answers when this returns.</summary>
    public async Task RestartAsync(string daemon)
    {
        var (program, arguments) = _commands[daemon];
        File.Delete(PathOf($"{daemon}.sock"));
        _daemons[daemon] = Daemon.Start(PathOf($"{daemon}.out"), _environment, program, arguments);
        if (program == "ovsdb-server")
            await Eventually.HoldsAsync(() => IsListenedTo(PathOf($"{daemon}.sock")));
    }

    public void Dispose()
    {
        // The users of a database before the database.
        foreach (var daemon in _daemons.Values.Reverse())
            daemon.Dispose();
    }

    private async Task DatabaseAsync(string name, string schema)
    {
        Command.Run("ovsdb-tool", "create", PathOf($"{name}.db"), schema);
        Start(
            name, "ovsdb-server", "--no-chdir", "-vconsole:off", $"--log-file={PathOf($"{name}.log")}", $"--unixctl={PathOf($"{name}.ctl")}",
            $"--remote=punix:{PathOf($"{name}.sock")}", PathOf($"{name}.db"));
        await Eventually.HoldsAsync(() => IsListenedTo(PathOf($"{name}.sock")));
    }

    /// <summary>The socket's file is there before anybody listens on it.</summary>
    private static bool IsListenedTo(string path)
    {
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private void Start(string name, string program, params string[] arguments)
    {
        _commands[name] = (program, arguments);
        _daemons[name] = Daemon.Start(PathOf($"{name}.out"), _environment, program, arguments);
    }

    private string PathOf(string file) => Path.Combine(_folder, file);
}
