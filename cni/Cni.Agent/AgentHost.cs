using Bpf.FastPath.Endpoints;
using Bpf.Interop;
using Cni.Agent.Attaching;
using Cni.Agent.Journal;
using Cni.Agent.Migrating;
using Cni.Agent.Nics;
using Cni.Agent.Observing;
using Cni.Agent.Recovery;
using Cni.Agent.Requests;
using Cni.Agent.Serving;
using Cni.Agent.Shaping;
using Cni.Datapath;
using Cni.Datapath.Shaping;
using Cni.Netlink;
using Fabric.Kube;
using Fabric.Kube.Configuration;
using Fabric.Telemetry.Collection;
using Fabric.Telemetry.Exposition;
using Microsoft.Extensions.Logging;
using Ovs.Ovsdb;
using Ovs.Vswitch;

namespace Cni.Agent;

/// <summary>The node agent: plugs pods and VMs into the overlay when the CNI plugin asks.</summary>
public static class AgentHost
{
    // ovs-vswitchd may be starting beside the agent; one that is not there after this is worth a clear end.
    private static readonly TimeSpan OvsDeadline = TimeSpan.FromSeconds(30);

    // Memory, collections and processor time, which .NET measures by itself.
    private const string RuntimeMeter = "System.Runtime";

    /// <summary>Runs until cancelled. Must be started in the node's network namespace, as root.</summary>
    /// <exception cref="AgentException">Something of the node is missing; the message says what and which package brings it.</exception>
    public static async Task RunAsync(AgentOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!Environment.IsPrivilegedProcess)
        {
            throw new AgentException("fabric agent needs root: it makes devices and loads eBPF programs");
        }

        var logger = options.LoggerFactory.CreateLogger("Cni.Agent");
        var connection = options.Kubeconfig is { } file ? KubeConnection.FromFile(file) : KubeConnection.InCluster();
        using var client = new KubeClient(connection, new KubeClientOptions { Time = options.Time, Logger = logger, FieldManager = "fabric-agent" });
        await using var ovsdb = new OvsdbClient(VswitchClient.Options(OvsdbEndpoint.Parse(options.Ovs, provider: null), options.LoggerFactory.CreateLogger("Ovs.Ovsdb")));
        await WaitOvsAsync(ovsdb, options.Ovs, cancellationToken);
        using var node = NetnsScope.OpenSocket();
        using var datapath = LoadDatapath(node, options);

        var vswitch = new VswitchClient(ovsdb);
        var journal = new AttachmentJournal(Path.Combine(options.StateDirectory, "attachments"), logger);
        var steps = new Steps(options.Steps);
        var view = new NodeView(client, options.NodeName);
        var instances = new LaunchedInstances(client);
        ReadSetServer? told = null;
        var status = new AttachmentStatus(client, options.NodeName, options.Time, () => told?.Endpoint);
        var connections = new VmConnections(ovsdb.Replica, PeerWatch.FoldersOf(options.Ovs), logger);
        using var vms = new VmEndpoints(datapath, journal, status, view, ovsdb.Replica, connections, options.NodeName, options.Time, logger);
        told = new ReadSetServer(ovsdb.Replica, vms.AnswerAsync, logger);
        var shapers = new EndpointShapers(node, datapath);
        var ports = new SwitchPorts(node, vswitch, datapath, shapers, journal, steps, logger);
        using var endpoints = new EndpointBuilder(node, vswitch, ports, datapath, shapers, vms, steps, logger);
        var fastPath = new FastPathFeeder(datapath, ovsdb.Replica, node, FastPathOf(options));
        var shaping = new NicShaping(view, journal, node, ports, shapers, datapath, fastPath, status, steps, options.Time, logger);
        var turns = new Turns<AttachmentKey>();
        var answered = new AnsweredAdds();
        var containers = new ContainerNics(client, options.NodeName, options.Time);
        var reports = new AttachmentReports(journal, status, containers, view, turns, steps, logger);
        var releases = new Releases(journal, endpoints, ports, reports, answered, steps);
        var peers = new PeerWatch(ovsdb, client, PeerWatch.FoldersOf(options.Ovs));
        var attachments = new Attachments(
            journal, new NicFinder(client, view, instances, options.Time), containers, status, endpoints, new EndpointInspector(node, vswitch), releases, answered, reports, shaping, ports, turns,
            steps, options.Time, new NodeHealth(ovsdb, peers), logger);

        using var metrics = new AgentMetrics();
        var errors = new RecentErrors();
        var report = new StatusReader(options.NodeName, journal, datapath, fastPath, peers, errors, options.Time);
        metrics.Observe(journal, datapath, ovsdb, peers);
        DatapathMetrics.Observe(metrics.Meter, datapath, ovsdb, fastPath);
        using var collector = new MetricsCollector(meter => meter == metrics.Meter || meter.Name == RuntimeMeter);

        // The socket first: it is what keeps a second agent from mending, and so undoing, the work of the one that runs.
        // Plugins that connect meanwhile wait.
        using var server = CniServer.Listen(
            options.Socket, attachments.HandleAsync, report.ReadAsync, new RequestObserver(metrics, errors, options.Time, logger), logger);
        await using var exposition = await ExposeAsync(options, collector, cancellationToken);
        new NodeRecovery(journal, node, ports, releases, reports, vms, logger).Run();
        var strays = new StrayAttachments(view, journal, status, options.NodeName, logger);
        var strayContainers = new StrayContainers(client, journal, containers, options.NodeName, options.Time, logger);
        var vanished = new VanishedContainers(journal, node, releases, turns, options.Time, logger);
        var scheduled = new ScheduledPods(view, instances, journal, ports, logger);
        var standing = new StandingStill(view, journal, status, vms, PeerWatch.FoldersOf(options.Ovs), options.NodeName, options.Time, logger);
        var reporter = new NodeReporter(client, options.NodeName, peers, report, options.HealthPeriod, options.Time, logger);
        logger.LogInformation("Node {Node} is served at {Socket}", options.NodeName, options.Socket);
        await RunAllAsync(
            [
                ports.RunAsync, reports.RunAsync, strays.RunAsync, strayContainers.RunAsync, vanished.RunAsync, scheduled.RunAsync, shaping.RunAsync, fastPath.RunAsync, view.RunAsync, reporter.RunAsync,
                vms.RunAsync, told.RunAsync, standing.RunAsync, server.RunAsync,
            ],
            cancellationToken);
    }

    private static async Task<MetricsEndpoint?> ExposeAsync(AgentOptions options, MetricsCollector collector, CancellationToken cancellationToken)
    {
        try
        {
            return options.Metrics is { } endpoint ? await MetricsEndpoint.StartAsync(endpoint, collector, options.LoggerFactory, cancellationToken) : null;
        }
        catch (IOException e)
        {
            throw new AgentException($"metrics cannot be served at {options.Metrics}: {e.Message}; choose another --metrics", e);
        }
    }

    /// <summary>Runs all until cancelled, or until one fails: then the others are ended, and its exception is thrown.</summary>
    private static async Task RunAllAsync(Func<CancellationToken, Task>[] works, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAll(works.Select(async work =>
        {
            try
            {
                await work(ending.Token);
            }
            catch
            {
                await ending.CancelAsync();
                throw;
            }
        }));
    }

    private static EndpointDatapath LoadDatapath(RouteSocket node, AgentOptions options)
    {
        try
        {
            return EndpointDatapath.Load(new IngressHooks(node), options.Datapath with { MaxEndpoints = options.MaxEndpoints });
        }
        catch (BpfException e)
        {
            throw new AgentException($"the eBPF programs cannot be loaded: {e.Message}", e);
        }
    }

    // Every daemon of the switch has its sockets in one folder, which its database's is in as well.
    private static FastPathOptions FastPathOf(AgentOptions options) => new()
    {
        Chassis = options.NodeName,
        SwitchFolder = options.Ovs.StartsWith("unix:", StringComparison.Ordinal) ? Path.GetDirectoryName(options.Ovs["unix:".Length..]) ?? "/" : "/run/openvswitch",
        Logger = options.LoggerFactory.CreateLogger("Cni.Datapath"),
        Time = options.Time,
    };

    private static async Task WaitOvsAsync(OvsdbClient ovsdb, string endpoint, CancellationToken cancellationToken)
    {
        try
        {
            await ovsdb.WaitConnectedAsync(cancellationToken).WaitAsync(OvsDeadline, cancellationToken);
        }
        catch (TimeoutException e)
        {
            throw new AgentException($"Open vSwitch's database does not answer at {endpoint} (package openvswitch-switch): {ovsdb.LastFault?.Message}", e);
        }
    }
}
