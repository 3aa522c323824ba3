using Fabric.Kube;
using Fabric.Kube.Configuration;
using Lab.Cluster.Bindings;
using Lab.Cluster.Guests;
using Lab.Cluster.Reconciling;
using Lab.Cluster.Sandboxes;
using Lab.Runner.Containerd;
using Lab.Runner.Guest;
using Lab.Runner.Processes;
using Lab.Runner.State;
using Microsoft.Extensions.Logging;

namespace Lab.Cluster;

/// <summary>Plays a real lab's cluster: on its containerds, with QEMU.</summary>
public static class LabCluster
{
    /// <summary>Plays scheduler, kubelets and KubeVirt for a lab until cancelled. What runs goes on and is met again by the next call.</summary>
    /// <param name="lab">The lab, as its record tells.</param>
    /// <param name="kubeconfig">How its API is reached.</param>
    /// <param name="loggers">Where it is told what goes wrong.</param>
    /// <param name="cancellationToken">Ends the players.</param>
    public static async Task RunAsync(LabRecord lab, string kubeconfig, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var folder = new LabFolder(LabId.Parse(lab.Id));
        using var ledger = Ledger.Open(folder.Path, "runner");
        using var client = new KubeClient(
            KubeConnection.FromFile(kubeconfig),
            new KubeClientOptions { FieldManager = "fabric-lab", Logger = loggers.CreateLogger<KubeClient>() });
        var runtimes = lab.Nodes.ToDictionary(node => node.Name, node => new Cri(node.CriSocket), StringComparer.Ordinal);
        try
        {
            var sandboxes = lab.Nodes.ToDictionary(
                node => node.Name,
                node => (ISandboxes)new CriSandboxes(runtimes[node.Name], $"/{lab.Cgroup}/pods", $"{node.Folder}/pods"),
                StringComparer.Ordinal);
            var guests = new QemuGuests(
                folder.Guests,
                lab.Nodes,
                GuestImage.In(lab.GuestFolder),
                new Runner.Processes.Launcher(Cgroup.Named(lab.Cgroup), ledger),
                client.Options.Time,
                loggers.CreateLogger<QemuGuests>());
            var options = new LabClusterOptions { Nodes = [.. lab.Nodes.Select(node => new LabNode(node.Name, node.Address))] };
            var players = new ClusterPlayers(options, client, sandboxes, guests, new PodBindings(), loggers);
            await Together.RunAsync([guests.RunAsync, players.RunAsync], cancellationToken);
        }
        finally
        {
            foreach (var runtime in runtimes.Values)
                runtime.Dispose();
        }
    }
}
