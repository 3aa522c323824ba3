using Fabric.ApiServer;
using Fabric.ApiServer.Authentication;
using Fabric.Grains;
using Fabric.Grains.Runtime;
using Fabric.Kube;
using Fabric.Kube.Configuration;
using Fabric.Kube.Events;
using Fabric.Kube.Leases;
using Fabric.Kube.Queues;
using Fabric.Kube.Transport;
using Fabric.Realization;
using Fabric.Resources;
using Fabric.Server.Admission;
using Fabric.Server.Control;
using Fabric.Server.Policies;
using Fabric.Server.Realization;
using Fabric.Server.Sharing;
using Fabric.Server.Storage;
using Fabric.Server.Workloads;
using Fabric.Telemetry.Collection;
using Microsoft.Extensions.Logging;
using Ovs.Ovsdb;
using Vmnet.KubeVirt;

namespace Fabric.Server;

/// <summary>The control plane: the API (embedded or a cluster's), the grains, and OVN's northbound database below them.</summary>
public static class ServerHost
{
    // Memory, collections and processor time, which .NET measures by itself.
    private const string RuntimeMeter = "System.Runtime";

    // Within the process a page costs no way there and back; a small one is no large object, which the collector would keep for long.
    private const int PageWithin = 40;

    // They wait for the disk and for OVN: what many ask for at once shares a commit and a transaction.
    private const int Workers = 64;

    /// <summary>Runs until cancelled.</summary>
    /// <exception cref="ServerException">It cannot run: the API lacks Fabric's kinds.</exception>
    public static async Task RunAsync(ServerOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        var identity = options.Identity ?? ReplicaIdentity.Default(Environment.MachineName, options.Kubeconfig is null ? null : Environment.ProcessId);
        var group = new GroupOptions { Group = ReplicaIdentity.Group, Namespace = options.LeaseNamespace, Identity = identity, Duration = options.LeaseDuration };
        using var metrics = new MetricsCollector(meter => meter.Name is RealizationMetrics.MeterName or RuntimeMeter);
        await using var api = options.Kubeconfig is null ? await StartApiAsync(options, metrics, cancellationToken) : null;
        using var within = api?.CreateHandler("fabric:server", [UserInfo.Servers]);
        var connection = api is null ? KubeConnection.FromFile(options.Kubeconfig!) : new KubeConnection { Server = new Uri("https://localhost"), Handler = within };
        var logger = options.LoggerFactory.CreateLogger("Fabric.Server");
        var clientOptions = new KubeClientOptions { Time = options.Time, Logger = logger, FieldManager = "fabric-server" };
        if (api is not null)
        {
            clientOptions = clientOptions with { PageSize = PageWithin };
        }

        using var client = new KubeClient(connection, clientOptions);
        using var leases = new KubeClient(connection, clientOptions);
        await RequireKindsAsync(client, cancellationToken);
        await EnsureDefaultVpcAsync(client, cancellationToken);

        await using var ovsdb = new OvsdbClient(NorthboundRealizer.Options(
            [OvsdbEndpoint.Parse(options.OvnNorthbound, provider: null)], options.LoggerFactory.CreateLogger("Ovs.Ovsdb")));
        var recorder = new EventRecorder(client, "fabric-server");
        var watched = new Watched(client);
        var book = new PolicyBook(watched);
        await using var northbound = new NorthboundRealizer(
            ovsdb, new RenderSettings(), options.Time, options.LoggerFactory.CreateLogger<NorthboundRealizer>(), book);
        var policies = new PolicyRealizer(watched, book, northbound, new EventSink(recorder), options.Time);
        var store = new KubeObjectStore(client, watched);
        await using var grains = FabricGrains.CreateRuntime(
            store, new GrainRealizer(northbound), new EventSink(recorder),
            options: new GrainRuntimeOptions { Time = options.Time, Logger = options.LoggerFactory.CreateLogger("Fabric.Grains") },
            view: new WatchedClaims(watched),
            placement: new WatchedPlacement(watched));
        var queue = new WorkQueue<WorkItem>(new WorkQueueOptions { Workers = Workers, Time = options.Time });
        using var gate = new ShareGate();
        var triggers = new Triggers(watched, northbound, queue, gate);
        _ = new PolicyTriggers(watched, book, northbound, queue, gate);
        var leftovers = new Leftovers(watched, client, northbound, book, grains, queue, logger);
        var handover = new Handover(identity, watched, gate, northbound, policies, grains, queue, logger);
        var loop = new ControlLoop(watched, grains, leftovers, book, policies, gate, handover, queue, logger);

        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var leaving = new CancellationTokenSource();
        Task[] work =
        [
            watched.RunAsync(stopping.Token), recorder.RunAsync(stopping.Token), loop.RunAsync(stopping.Token),
            triggers.ObserveClaimsAsync(grains, stopping.Token),
        ];
        var sharing = ShareAsync(new GroupMembership(leases, group), watched, handover, logger, leaving.Token);
        try
        {
            // None of them ends but by cancellation or a bug, and no one of them is of use without the others.
            await await Task.WhenAny([.. work, sharing]);
        }
        catch (IdentityTakenException e)
        {
            throw new ServerException($"{e.Message}; see --identity", e);
        }
        finally
        {
            await stopping.CancelAsync();
            await Task.WhenAll(work).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            // Others take over at once: from here on nothing may be written.
            northbound.Pause();
            await leaving.CancelAsync();
            await sharing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Takes part as soon as all that exists is known, so that what is taken over can be worked on.</summary>
    private static async Task ShareAsync(GroupMembership membership, Watched watched, Handover handover, ILogger logger, CancellationToken cancellationToken)
    {
        await watched.WaitForSyncAsync(cancellationToken);
        logger.LogInformation(
            "Found {Vpcs} Vpcs, {Subnets} Subnets, {Nics} Nics, {Claims} IPClaims", watched.Vpcs.Count, watched.Subnets.Count, watched.Nics.Count, watched.IPClaims.Count);
        await membership.RunAsync(handover.Apply, cancellationToken);
    }

    private static Task<ApiServerHost> StartApiAsync(ServerOptions options, MetricsCollector metrics, CancellationToken cancellationToken) => ApiServerHost.StartAsync(
        new ApiServerOptions
        {
            DataDirectory = options.DataDirectory ?? throw new ArgumentException("the embedded API server needs a data folder", nameof(options)),
            Listen = options.Listen,
            ExtraNames = options.ExtraNames,
            CrdDirectories = [Path.Combine(AppContext.BaseDirectory, "crds"), .. options.CrdDirectories],
            Admissions = [new NetworkAdmission()],
            Metrics = metrics.Collect,
            LoggerFactory = options.LoggerFactory,
            TimeProvider = options.Time,
        },
        cancellationToken);

    private static async Task RequireKindsAsync(KubeClient client, CancellationToken cancellationToken)
    {
        // The newest kind as well: definitions of an older version lack it.
        if (!await client.ServesAsync(ResourceTypes.Subnets, cancellationToken) || !await client.ServesAsync(ResourceTypes.SecurityGroups, cancellationToken))
        {
            throw new ServerException("the cluster does not know Fabric's kinds, or not all of them: kubectl apply -f deploy/crds (or: fabric crds | kubectl apply -f -)");
        }

        if (!await client.ServesAsync(KubeVirtTypes.VirtualMachines, cancellationToken))
        {
            throw new ServerException("the cluster does not know kubevirt.io/v1: install KubeVirt first");
        }
    }

    private static async Task EnsureDefaultVpcAsync(KubeClient client, CancellationToken cancellationToken)
    {
        try
        {
            await client.Resource(ResourceTypes.Vpcs).CreateAsync(new Vpc { Metadata = new ObjectMeta { Name = Vpc.DefaultName } }, cancellationToken);
        }
        catch (KubeException e) when (e.IsAlreadyExists)
        {
            // As it should be.
        }
    }
}
