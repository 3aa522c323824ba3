using Lab.Runner.Processes;
using Lab.Runner.State;

namespace Lab.Runner.Topology;

/// <summary>OVN's central part: northbound and southbound databases and northd, in the control plane's namespace.</summary>
/// <remarks>
/// The northbound database listens on a unix socket only. The southbound one listens for nodes by TLS, both sides proving
/// themselves, and lets a node write only what is its own (role-based access control).
/// </remarks>
internal static class Central
{
    private const int SouthboundPort = 6642;

    // A machine that is building something at the same time may be late with an echo; five seconds, the default, is too short.
    internal const int ProbeMilliseconds = 30_000;

    public static string NorthboundSocket(LabFolder folder) => $"{folder.Central}/nb.sock";

    public static string SouthboundSocket(LabFolder folder) => $"{folder.Central}/sb.sock";

    public static string SouthboundRemote(LabRecord lab) => $"ssl:{lab.CentralAddress}:{SouthboundPort}";

    public static async Task StartAsync(LabRecord lab, LabFolder folder, Pki pki, Launcher launcher, CancellationToken cancellationToken)
    {
        LabFolder.Make(folder.Central);
        IReadOnlyList<string> tls = pki.Issue("ovnsb");
        await Task.WhenAll(
            StartDatabaseAsync(lab, folder, "nb", [], launcher, cancellationToken),
            StartDatabaseAsync(lab, folder, "sb", ["--remote=db:OVN_Southbound,SB_Global,connections", .. tls], launcher, cancellationToken));
        await Task.WhenAll(
            Tool.RunAsync("ovn-nbctl", [$"--db=unix:{NorthboundSocket(folder)}", "--no-leader-only", "init"], cancellationToken),
            Tool.RunAsync(
                "ovn-sbctl",
                [
                    $"--db=unix:{SouthboundSocket(folder)}", "--no-leader-only", "init", "--", "--inactivity-probe=" + ProbeMilliseconds,
                    "set-connection", "role=ovn-controller", $"pssl:{SouthboundPort}:{lab.CentralAddress}",
                ],
                cancellationToken));
        string pidFile = $"{folder.Central}/northd.pid";
        await launcher.StartDetachingAsync(
            new DaemonStart(
                "ovn-northd",
                "ovn-northd",
                [
                    "--detach", "--no-chdir", $"--pidfile={pidFile}", $"--log-file={folder.Central}/northd.log", "-vconsole:off",
                    $"--unixctl={folder.Central}/northd.ctl", $"--ovnnb-db=unix:{NorthboundSocket(folder)}", $"--ovnsb-db=unix:{SouthboundSocket(folder)}",
                ],
                $"{folder.Central}/northd.log",
                lab.CentralNamespace,
                OvsEnvironment.For(folder.Central)),
            pidFile,
            cancellationToken);
    }

    private static async Task StartDatabaseAsync(LabRecord lab, LabFolder folder, string name, IReadOnlyList<string> options, Launcher launcher, CancellationToken cancellationToken)
    {
        string at = $"{folder.Central}/{name}";
        await Tool.RunAsync("ovsdb-tool", ["create", $"{at}.db", $"/usr/share/ovn/ovn-{name}.ovsschema"], cancellationToken);
        await launcher.StartDetachingAsync(
            new DaemonStart(
                $"ovsdb-server ({name})",
                "ovsdb-server",
                [
                    "--detach", "--no-chdir", $"--pidfile={at}.pid", $"--log-file={at}.log", "-vconsole:off", $"--unixctl={at}.ctl",
                    $"--remote=punix:{at}.sock", .. options, $"{at}.db",
                ],
                $"{at}.log",
                lab.CentralNamespace,
                OvsEnvironment.For(folder.Central)),
            $"{at}.pid",
            cancellationToken);
    }
}
