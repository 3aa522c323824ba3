using System.Diagnostics;
using Lab.Runner.Containerd;
using Lab.Runner.Processes;
using Lab.Runner.State;

namespace Lab.Runner.Tests.Containerd;

public sealed class ContainerRuntimeTests(ITestOutputHelper output)
{
    private const string AnswersAnAddress = """echo '{"cniVersion":"1.0.0","interfaces":[{"name":"eth0","sandbox":"'$CNI_NETNS'"}],"ips":[{"interface":0,"address":"10.1.2.3/24"}]}'""";

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [NeedsRootFact]
    public async Task A_sandbox_gets_its_network_by_CNI_and_runs_a_container_that_answers_exec()
    {
        await using TestLab lab = await StartAsync(AnswersAnAddress);
        using var cri = new Cri(lab.Record.Nodes[0].CriSocket);
        SandboxSpec spec = Pod(lab, "web");
        long start = Stopwatch.GetTimestamp();
        string sandbox = await cri.RunSandboxAsync(spec, Cancelled);
        output.WriteLine($"sandbox in {Stopwatch.GetElapsedTime(start).TotalMilliseconds:0} ms");

        SandboxStatus status = (await cri.SandboxStatusAsync(sandbox, Cancelled))!;
        Assert.True(status.Ready);
        Assert.Equal(["10.1.2.3"], status.Addresses);
        Assert.StartsWith(lab.Folder.Path, status.NetworkNamespace, StringComparison.Ordinal);

        string container = await cri.CreateContainerAsync(sandbox, spec, new ContainerSpec { Name = "main", Image = ContainerImage.Name }, Cancelled);
        await cri.StartContainerAsync(container, Cancelled);
        ToolResult result = await cri.ExecAsync(container, ["sh", "-c", "hostname; echo oops >&2; exit 7"], Deadline, Cancelled);
        Assert.Equal(new ToolResult(7, "web\n", "oops\n"), result);
        // It has begun, and listens when it comes to it.
        Assert.True(
            await Until.TrueAsync(async ct => (await cri.ExecAsync(container, ["sh", "-c", "echo hi | nc 127.0.0.1 7 | grep hi"], Deadline, ct)).ExitCode == 0, Deadline, Cancelled),
            "nothing answers on port 7");

        start = Stopwatch.GetTimestamp();
        await cri.StopContainerAsync(container, TimeSpan.FromSeconds(30), Cancelled);
        ContainerReport report = (await cri.ContainerStatusAsync(container, Cancelled))!;
        Assert.Equal((ContainerPhase.Exited, 0), (report.Phase, report.ExitCode));
        await cri.StopSandboxAsync(sandbox, Cancelled);
        await cri.RemoveSandboxAsync(sandbox, Cancelled);
        await cri.RemoveSandboxAsync(sandbox, Cancelled);
        output.WriteLine($"stopped and removed in {Stopwatch.GetElapsedTime(start).TotalMilliseconds:0} ms");
        Assert.Null(await cri.SandboxStatusAsync(sandbox, Cancelled));
        Assert.Empty(await cri.ListSandboxesAsync(Cancelled));
    }

    [NeedsRootFact]
    public async Task A_sandbox_whose_network_fails_names_what_the_plugin_said()
    {
        await using TestLab lab = await StartAsync("""[ "$CNI_COMMAND" = DEL ] || { echo '{"cniVersion":"1.0.0","code":11,"msg":"subnet web is exhausted"}'; exit 1; }""");
        using var cri = new Cri(lab.Record.Nodes[0].CriSocket);
        CriException e = await Assert.ThrowsAsync<CriException>(() => cri.RunSandboxAsync(Pod(lab, "web"), Cancelled));
        Assert.Contains("subnet web is exhausted", e.Detail, StringComparison.Ordinal);
        Assert.Equal(("RunPodSandbox", false), (e.Method, e.IsTransient));
    }

    [NeedsRootFact]
    public async Task Taking_down_ends_running_containers_and_leaves_no_socket_mount_or_cgroup()
    {
        string[] socketsBefore = ShimSockets();
        await using TestLab lab = await StartAsync(AnswersAnAddress);
        using (var cri = new Cri(lab.Record.Nodes[0].CriSocket))
        {
            SandboxSpec spec = Pod(lab, "web");
            string sandbox = await cri.RunSandboxAsync(spec, Cancelled);
            string container = await cri.CreateContainerAsync(sandbox, spec, new ContainerSpec { Name = "main", Image = ContainerImage.Name, Command = ["sleep", "1000"] }, Cancelled);
            await cri.StartContainerAsync(container, Cancelled);
        }

        IReadOnlyCollection<int> processes = lab.Cgroup.Processes();
        Assert.True(processes.Count >= 4, "containerd, shim, pause and container were expected in the lab's cgroup");
        await lab.DisposeAsync();
        Assert.DoesNotContain(processes, p => ProcessIdentity.Of(p) is not null);
        Assert.False(Directory.Exists(lab.Folder.Path));
        Assert.DoesNotContain(lab.Folder.Path, await File.ReadAllTextAsync("/proc/self/mountinfo", Cancelled), StringComparison.Ordinal);
        Assert.Empty(Directory.GetDirectories("/sys/fs/cgroup", lab.Folder.Id.Prefix, new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 2 }));
        Assert.Empty(ShimSockets().Except(socketsBefore, StringComparer.Ordinal));
    }

    private static string[] ShimSockets() => Directory.Exists("/run/containerd/s") ? Directory.GetFiles("/run/containerd/s") : [];

    private static async Task<TestLab> StartAsync(string pluginScript)
    {
        TestLab lab = TestLab.Create(nodes: 1);
        try
        {
            NodeRecord node = lab.Record.Nodes[0];
            LabFolder.Make(node.Folder);
            lab.Ledger.Add(new NamespaceMade(node.Namespace));
            await Tool.RunAsync("ip", ["netns", "add", node.Namespace], Cancelled);
            string plugin = $"{lab.Folder.Path}/test-cni";
            await File.WriteAllTextAsync(plugin, $"#!/bin/sh\n{pluginScript}\n", Cancelled);
            File.SetUnixFileMode(plugin, UnixFileMode.UserRead | UnixFileMode.UserExecute);
            string archive = $"{lab.Folder.Path}/images.tar";
            await ContainerImage.WriteAsync(archive, Cancelled);
            await ContainerRuntime.StartAsync(lab.Record, node, plugin, archive, lab.Launcher, Cancelled);
            return lab;
        }
        catch
        {
            await lab.DisposeAsync();
            throw;
        }
    }

    private static SandboxSpec Pod(TestLab lab, string name) => new()
    {
        Pod = new PodIdentity("default", name, Guid.NewGuid().ToString(), 0),
        Hostname = name,
        LogDirectory = $"{lab.Folder.Path}/pods/{name}",
        CgroupParent = ContainerRuntime.PodCgroup(lab.Record),
        Labels = new Dictionary<string, string> { ["app"] = name },
    };
}
