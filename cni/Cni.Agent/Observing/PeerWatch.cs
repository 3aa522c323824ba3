using System.Net.Sockets;
using System.Text.RegularExpressions;
using Cni.Agent.Attaching;
using Fabric.Kube;
using Ovs.Ovsdb;
using Ovs.Vswitch;
using Ovs.Vswitch.Control;

namespace Cni.Agent.Observing;

/// <summary>Asks those on whom the agent depends how they are: the switch's database, its daemon, OVN's, the Kubernetes API.</summary>
/// <param name="ovsdb">The switch's database.</param>
/// <param name="client">The API.</param>
/// <param name="folders">Where the daemons of OVS and OVN have their control sockets.</param>
internal sealed partial class PeerWatch(OvsdbClient ovsdb, KubeClient client, IReadOnlyList<string> folders)
{
    internal const string Database = "ovsdb-server";
    internal const string Switch = "ovs-vswitchd";
    internal const string Controller = "ovn-controller";
    internal const string Api = "kubernetes-api";

    // A daemon that is up answers in a millisecond; one that is stopped does not.
    private static readonly TimeSpan AnswerBudget = TimeSpan.FromSeconds(2);

    private volatile IReadOnlyList<PeerHealth> _latest = [];

    /// <summary>What was found when they were last asked; empty before.</summary>
    internal IReadOnlyList<PeerHealth> Latest => _latest;

    /// <summary>The folders where daemons have their control sockets, the one of the switch's database first.</summary>
    internal static IReadOnlyList<string> FoldersOf(string ovs) =>
        [.. ovs.StartsWith("unix:", StringComparison.Ordinal) && Path.GetDirectoryName(ovs["unix:".Length..]) is { Length: > 0 } folder ? [folder] : (string[])[], "/var/run/openvswitch", "/var/run/ovn"];

    /// <summary>Asks all of them, at once.</summary>
    internal async Task<IReadOnlyList<PeerHealth>> AskAsync(CancellationToken cancellationToken) =>
        _latest = await Task.WhenAll(Task.FromResult(AskDatabase()), AskSwitchAsync(cancellationToken), AskControllerAsync(cancellationToken), AskApiAsync(cancellationToken));

    private PeerHealth AskDatabase() => ovsdb.IsConnected
        ? new PeerHealth(Database, IsUp: true, Version: ovsdb.Snapshot.Table<OpenVSwitch>().FirstOrDefault()?.OvsVersion)
        : new PeerHealth(Database, IsUp: false, $"it does not answer: {ovsdb.LastFault?.Message ?? "no connection yet"} (package openvswitch-switch)");

    private Task<PeerHealth> AskSwitchAsync(CancellationToken cancellationToken) => AskAsync(
        Switch,
        async (socket, token) => new PeerHealth(Switch, IsUp: true, Version: VersionIn(await socket.CallAsync("version", token))),
        "package openvswitch-switch", cancellationToken);

    private Task<PeerHealth> AskControllerAsync(CancellationToken cancellationToken) => AskAsync(
        Controller,
        async (socket, token) =>
        {
            var version = VersionIn(await socket.CallAsync("version", token));
            var connection = await socket.CallAsync("connection-status", token);
            return connection == "connected" && ovsdb.IsConnected && ovsdb.Snapshot.Table<Bridge>().FindByName(EndpointPlan.Bridge) is null
                ? new PeerHealth(Controller, IsUp: false, $"Open vSwitch has no bridge {EndpointPlan.Bridge}, which ovn-controller makes", version)
                : connection == "connected"
                    ? new PeerHealth(Controller, IsUp: true, Version: version)
                    : new PeerHealth(Controller, IsUp: false, $"its connection to OVN's southbound database is \"{connection}\": endpoints go on, new ones wait (see external_ids:ovn-remote of Open_vSwitch)", version);
        },
        "package ovn-host", cancellationToken);

    private async Task<PeerHealth> AskAsync(
        string program, Func<ControlSocket, CancellationToken, Task<PeerHealth>> ask, string package, CancellationToken cancellationToken)
    {
        if (ControlSocket.Find(folders, program) is not { } socket)
        {
            return new PeerHealth(program, IsUp: false, $"it does not run: it has no {program}.PID.ctl in {string.Join(", ", folders.Distinct())} ({package})");
        }

        using var budget = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        budget.CancelAfter(AnswerBudget);
        try
        {
            return await ask(socket, budget.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new PeerHealth(program, IsUp: false, $"it does not answer within {AnswerBudget.TotalSeconds:0} s at {socket.Path}");
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            return new PeerHealth(program, IsUp: false, $"it does not answer at {socket.Path}: {e.Message}");
        }
    }

    private async Task<PeerHealth> AskApiAsync(CancellationToken cancellationToken)
    {
        using var budget = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        budget.CancelAfter(AnswerBudget);
        try
        {
            return await client.IsReadyAsync(budget.Token)
                ? new PeerHealth(Api, IsUp: true)
                : new PeerHealth(Api, IsUp: false, $"{client.Connection.Server} is not ready: endpoints go on");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new PeerHealth(Api, IsUp: false, $"{client.Connection.Server} does not answer within {AnswerBudget.TotalSeconds:0} s: endpoints go on");
        }
    }

    // "ovn-controller 23.03.1" and further lines, of which the first counts.
    private static string? VersionIn(string text) => VersionPattern().Match(text) is { Success: true } match ? match.Value : null;

    [GeneratedRegex("[0-9]+\\.[0-9]+[0-9A-Za-z.~+-]*", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex VersionPattern();
}
