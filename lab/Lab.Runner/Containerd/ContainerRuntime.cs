using Lab.Runner.Processes;
using Lab.Runner.State;

namespace Lab.Runner.Containerd;

/// <summary>A node's own containerd: started in the node's network namespace, everything of it in the node's folder.</summary>
internal static class ContainerRuntime
{
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ImportWithin = TimeSpan.FromSeconds(60);

    /// <summary>Starts it and gives it the lab's images.</summary>
    /// <param name="lab">The lab.</param>
    /// <param name="node">The node.</param>
    /// <param name="cniPlugin">Path of the CNI plugin's executable.</param>
    /// <param name="imageArchive">Made by <see cref="ContainerImage"/>.</param>
    /// <param name="launcher">Starts and records it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task StartAsync(LabRecord lab, NodeRecord node, string cniPlugin, string imageArchive, Launcher launcher, CancellationToken cancellationToken)
    {
        string home = $"{node.Folder}/containerd";
        LabFolder.Make($"{home}/cni/bin");
        LabFolder.Make($"{home}/cni/conf");
        WritePlugins(node, $"{home}/cni", cniPlugin);
        await File.WriteAllTextAsync($"{home}/config.toml", Config(lab, node, home), cancellationToken);

        var daemon = new DaemonStart($"containerd ({node.Name})", "containerd", ["--config", $"{home}/config.toml"], $"{node.Folder}/containerd.log", node.Namespace);
        ProcessIdentity identity = await launcher.StartAsync(daemon, cancellationToken);
        using var cri = new Cri(node.CriSocket);
        await Launcher.WaitReadyAsync(daemon, identity, ct => AnswersAsync(cri, ct), ReadyWithin, cancellationToken);
        // It would wait for ever for a containerd that is gone, also when whoever started it is gone as well.
        await Tool.RunAsync("timeout", [$"{ImportWithin.TotalSeconds}", "ctr", "--address", node.CriSocket, "--namespace", "k8s.io", "images", "import", "--snapshotter", "native", imageArchive], cancellationToken);

        // The CRI part learns of an image from an event, an instant after the import; before that it would try a registry.
        await Launcher.WaitReadyAsync(
            daemon,
            identity,
            async ct => await cri.HasImageAsync(ContainerImage.Pause, ct) && await cri.HasImageAsync(ContainerImage.Name, ct),
            ReadyWithin,
            cancellationToken);
    }

    /// <summary>The cgroup that pods are made in.</summary>
    public static string PodCgroup(LabRecord lab) => $"/{lab.Cgroup}/pods";

    private static async Task<bool> AnswersAsync(Cri cri, CancellationToken cancellationToken)
    {
        try
        {
            await cri.VersionAsync(cancellationToken);
            return true;
        }
        catch (CriException)
        {
            // Its socket is there before its CRI part is. Until then it answers Unavailable, Unimplemented or Unknown ("server
            // is not initialized yet"), as far as it has come; what is wrong for good is in its log, which the deadline shows.
            return false;
        }
    }

    private static void WritePlugins(NodeRecord node, string folder, string cniPlugin)
    {
        string type = Path.GetFileName(cniPlugin);
        File.CreateSymbolicLink($"{folder}/bin/{type}", cniPlugin);

        // containerd has every sandbox's loopback interface brought up by a plugin of this name, whatever the pod network is.
        string loopback = $"{folder}/bin/loopback";
        File.WriteAllText(loopback, Resource.Text("Containerd.loopback.sh"));
        File.SetUnixFileMode(loopback, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        File.WriteAllText(
            $"{folder}/conf/10-fabric.conflist",
            $$"""
            {"cniVersion":"1.0.0","name":"fabric","plugins":[{"type":"{{type}}","socket":"{{node.CniSocket}}"}]}
            """);
    }

    private static string Config(LabRecord lab, NodeRecord node, string home) =>
        $"""
        version = 2
        root = "{home}/root"
        state = "{home}/state"
        disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs", "io.containerd.internal.v1.tracing"]

        [grpc]
          address = "{node.CriSocket}"

        [plugins."io.containerd.internal.v1.opt"]
          path = "{home}/opt"

        [plugins."io.containerd.grpc.v1.cri"]
          sandbox_image = "{ContainerImage.Pause}"
          restrict_oom_score_adj = true
          # The profile would be loaded into the machine's own AppArmor and stay there.
          disable_apparmor = true
          disable_hugetlb_controller = true
          netns_mounts_under_state_dir = true

          [plugins."io.containerd.grpc.v1.cri".cni]
            bin_dir = "{home}/cni/bin"
            conf_dir = "{home}/cni/conf"

          [plugins."io.containerd.grpc.v1.cri".containerd]
            snapshotter = "native"
            default_runtime_name = "runc"

            [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
              runtime_type = "io.containerd.runc.v2"

              [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
                SystemdCgroup = false
                Root = "{home}/runc"

        """;
}
