using Fabric.Kube;
using Fabric.Kube.Events;
using Lab.Cluster.Bindings;
using Lab.Cluster.Guests;
using Lab.Cluster.Kubelet;
using Lab.Cluster.KubeVirt;
using Lab.Cluster.Nodes;
using Lab.Cluster.Reconciling;
using Lab.Cluster.Sandboxes;
using Lab.Cluster.Scheduling;
using Microsoft.Extensions.Logging;

namespace Lab.Cluster;

/// <summary>Scheduler, kubelets and KubeVirt over one API.</summary>
/// <param name="options">The lab.</param>
/// <param name="client">The API.</param>
/// <param name="nodes">The nodes' container runtimes, by node name.</param>
/// <param name="guests">The guests.</param>
/// <param name="bindings">How guests are joined to their launchers.</param>
/// <param name="loggers">Where it is told what goes wrong.</param>
public sealed class ClusterPlayers(
    LabClusterOptions options,
    KubeClient client,
    IReadOnlyDictionary<string, ISandboxes> nodes,
    IGuests guests,
    IBindings bindings,
    ILoggerFactory loggers)
{
    /// <summary>Plays until cancelled, or until one of the players fails in a way that is a bug.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => Together.RunAsync(Players(), cancellationToken);

    private IEnumerable<Func<CancellationToken, Task>> Players()
    {
        var cache = new ClusterCache(client);
        yield return cache.RunAsync;

        var scheduling = new EventRecorder(client, "default-scheduler");
        yield return scheduling.RunAsync;
        yield return new Scheduler(client, cache.Pods, cache.Nodes, scheduling, loggers.CreateLogger<Scheduler>()).RunAsync;

        foreach (var node in options.Nodes)
        {
            var kubelet = new EventRecorder(client, "kubelet", node.Name);
            var relist = new SandboxRelist(nodes[node.Name], options.RelistPeriod, client.Options.Time);
            yield return kubelet.RunAsync;
            yield return new NodeReporter(node, relist, client, options.HeartbeatPeriod, loggers.CreateLogger<NodeReporter>()).RunAsync;
            var pods = new NodeKubelet(node, nodes[node.Name], client, cache.Pods, kubelet, loggers.CreateLogger<NodeKubelet>());
            yield return token => pods.RunAsync(relist, token);
        }

        var controller = new EventRecorder(client, "virtualmachine-controller");
        var handler = new EventRecorder(client, "virt-handler");
        var starter = new GuestStarter(client, nodes, bindings, guests, handler);
        yield return controller.RunAsync;
        yield return handler.RunAsync;
        yield return new VmController(client, cache.Vms, cache.Instances, controller, loggers.CreateLogger<VmController>()).RunAsync;
        yield return new InstanceController(client, cache, guests, starter, handler, options.GuestDeadline, loggers.CreateLogger<InstanceController>()).RunAsync;
        yield return new MigrationController(client, cache, guests, starter, controller, loggers.CreateLogger<MigrationController>()).RunAsync;
    }
}
