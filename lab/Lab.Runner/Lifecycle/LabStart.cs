using System.Text.RegularExpressions;
using Fabric.Kube;
using Fabric.Kube.Configuration;
using Lab.Runner.Containerd;
using Lab.Runner.Guest;
using Lab.Runner.Processes;
using Lab.Runner.Relay;
using Lab.Runner.State;
using Lab.Runner.Topology;

namespace Lab.Runner.Lifecycle;

/// <summary>Brings one lab up, as much of it at once as does not wait for something else.</summary>
internal sealed partial class LabStart(LabOptions options, LabFolder folder, LabRecord lab, Ledger ledger, IProgress<string>? progress)
{
    // A .NET program on a machine whose two cores compile something at the same time.
    private static readonly TimeSpan ProgramDeadline = TimeSpan.FromSeconds(90);
    private readonly Launcher _launcher = new(Cgroup.Named(lab.Cgroup), ledger);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        // The first failure ends the others; theirs are then only its consequence.
        using var all = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var failures = new List<Exception>();
        async Task Guarded(Task step)
        {
            try
            {
                await step;
            }
            catch (Exception e)
            {
                lock (failures)
                {
                    failures.Add(e);
                }

                await all.CancelAsync();
                throw;
            }
        }

        CancellationToken ct = all.Token;
        string images = $"{folder.Path}/images.tar";
        Task guest = options.Workloads ? new GuestImageBuilder(options.GuestCache).GetAsync(progress, ct) : Task.CompletedTask;
        Task written = options.Workloads ? ContainerImage.WriteAsync(images, ct) : Task.CompletedTask;
        try
        {
            progress?.Report("network namespaces and underlay");
            LabFolder.Make(folder.Logs);
            LabFolder.Make(folder.Guests);
            using Pki pki = Pki.Create(folder.Pki);
            await Underlay.CreateAsync(lab, ledger, ct);
            progress?.Report(options.Workloads ? "OVN, Open vSwitch and containerd on each node" : "OVN and Open vSwitch on each node");
            Task programs = ProgramsAsync(pki, ct);
            IEnumerable<Task> nodes = lab.Nodes.Select(n => NodeNetwork.StartAsync(lab, n, pki, _launcher, ct));
            Task met = MeetAsync([.. nodes], ct);
            IEnumerable<Task> runtimes = options.Workloads ? lab.Nodes.Select(n => RuntimeAsync(n, written, images, ct)) : [];
            await Task.WhenAll(new[] { guest, programs, met }.Concat(runtimes).Select(Guarded));
            if (options.Workloads)
            {
                progress?.Report("waiting for the nodes to be ready");
                await WaitForNodesAsync(ct);
            }
        }
        catch (Exception) when (failures.Count > 0 && !cancellationToken.IsCancellationRequested)
        {
            throw failures[0] as LabException ?? new LabException(failures[0].Message, failures[0]);
        }
        finally
        {
            File.Delete(images);
        }
    }

    /// <summary>Points a kubeconfig that the server wrote at another of its addresses.</summary>
    internal static string WithServer(string kubeconfig, string url) =>
        ServerLine().Replace(kubeconfig, m => $"{m.Groups["key"].Value}{url}");

    private async Task MeetAsync(Task[] nodes, CancellationToken cancellationToken)
    {
        await Task.WhenAll(nodes);
        await NodeNetwork.MeetAsync(lab, cancellationToken);
    }

    private async Task RuntimeAsync(NodeRecord node, Task imagesWritten, string images, CancellationToken cancellationToken)
    {
        await imagesWritten;
        LabFolder.Make(node.Folder);
        await ContainerRuntime.StartAsync(lab, node, options.CniProgram, images, _launcher, cancellationToken);
    }

    private async Task ProgramsAsync(Pki pki, CancellationToken cancellationToken)
    {
        await Central.StartAsync(lab, folder, pki, _launcher, cancellationToken);
        await StartServerAsync(cancellationToken);
        progress?.Report("API server and control plane are up; agents and what plays the cluster");
        IEnumerable<Task> agents = lab.Nodes.Select(n => StartAgentAsync(n, cancellationToken));
        await Task.WhenAll(options.Workloads ? agents.Append(StartRunnerAsync(cancellationToken)) : agents);
    }

    private async Task StartServerAsync(CancellationToken cancellationToken)
    {
        LabFolder.Make(folder.Server);
        var server = new DaemonStart(
            "fabric server",
            options.FabricProgram,
            [
                .. options.FabricArguments, "server", "--data", folder.Server, "--listen", $"127.0.0.1:{ApiRelay.ServerPort}", "--listen", $"{lab.CentralAddress}:{ApiRelay.ServerPort}",
                "--ovn-nb", $"unix:{Central.NorthboundSocket(folder)}",
            ],
            $"{folder.Logs}/server.log",
            lab.CentralNamespace);
        ProcessIdentity process = await _launcher.StartAsync(server, cancellationToken);
        string kubeconfig = $"{folder.Server}/kubeconfig";
        string agentKubeconfig = $"{folder.Server}/agent.kubeconfig";
        await Launcher.WaitReadyAsync(
            server,
            process,
            async ct => File.Exists(kubeconfig) && File.Exists(agentKubeconfig) && await ListensAsync(ct),
            ProgramDeadline,
            cancellationToken);
        await CopyKubeconfigAsync(kubeconfig, folder.Kubeconfig, $"https://127.0.0.1:{lab.ApiPort}", cancellationToken);
        await CopyKubeconfigAsync(agentKubeconfig, folder.AgentKubeconfig, $"https://{lab.CentralAddress}:{ApiRelay.ServerPort}", cancellationToken);
    }

    private async Task StartAgentAsync(NodeRecord node, CancellationToken cancellationToken)
    {
        var agent = new DaemonStart(
            $"fabric agent ({node.Name})",
            options.FabricProgram,
            [
                .. options.FabricArguments, "agent", "--node", node.Name, "--kubeconfig", folder.AgentKubeconfig, "--ovs", $"unix:{node.OvsSocket}",
                "--socket", node.CniSocket, "--state", $"{node.Folder}/agent",
                "--metrics", $"127.0.0.1:{NodeRecord.MetricsPort}",
            ],
            $"{node.Folder}/agent.log",
            node.Namespace);

        // The agent may come before its node's switch is there; it waits for it. What must be is its folder.
        LabFolder.Make($"{node.Folder}/agent");
        ProcessIdentity process = await _launcher.StartAsync(agent, cancellationToken);
        await Launcher.WaitReadyAsync(agent, process, _ => Task.FromResult(File.Exists(node.CniSocket)), ProgramDeadline, cancellationToken);
    }

    private async Task StartRunnerAsync(CancellationToken cancellationToken)
    {
        var runner = new DaemonStart("fabric lab runner", options.FabricProgram, [.. options.FabricArguments, "lab", "runner", "--lab", lab.Id], $"{folder.Logs}/runner.log");
        ProcessIdentity process = await _launcher.StartAsync(runner, cancellationToken);
        using var client = new KubeClient(KubeConnection.FromFile(folder.Kubeconfig));
        await Launcher.WaitReadyAsync(runner, process, client.IsReadyAsync, ProgramDeadline, cancellationToken);
    }

    private async Task WaitForNodesAsync(CancellationToken cancellationToken)
    {
        using var client = new KubeClient(KubeConnection.FromFile(folder.Kubeconfig));
        if (!await Until.TrueAsync(async ct => (await FabricLab.ReadyNodesAsync(client, ct)).IsSupersetOf(lab.Nodes.Select(n => n.Name)), ProgramDeadline, cancellationToken))
        {
            throw new LabException($"not every node was ready within {ProgramDeadline.TotalSeconds:0} s. The end of {folder.Logs}/runner.log:\n{Launcher.LogTail($"{folder.Logs}/runner.log")}");
        }
    }

    private async Task<bool> ListensAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var socket = NamespaceSocket.OpenTcp(lab.CentralNamespace);
            await socket.ConnectAsync(System.Net.IPAddress.Loopback, ApiRelay.ServerPort, cancellationToken);
            return true;
        }
        catch (System.Net.Sockets.SocketException)
        {
            return false;
        }
    }

    private static async Task CopyKubeconfigAsync(string from, string to, string url, CancellationToken cancellationToken)
    {
        string text = await File.ReadAllTextAsync(from, cancellationToken);
        using var file = new FileStream(to, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite });
        await file.WriteAsync(System.Text.Encoding.UTF8.GetBytes(WithServer(text, url)), cancellationToken);
    }

    [GeneratedRegex("(?<key>^\\s*(- )?server:\\s*)\\S+", RegexOptions.Multiline | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ServerLine();
}
