using Lab.Runner.Lifecycle;
using Lab.Runner.Processes;

namespace Lab.Tests;

/// <summary>What was broken by hand or by a crash is mended, and labs do not touch each other.</summary>
[Collection(nameof(SharedLab))]
public sealed class RecoveryTests(SharedLab lab)
{
    [Fact]
    public async Task Northbound_database_that_was_wiped_is_rebuilt_and_packets_go_on()
    {
        await lab.ApplyAsync(SharedLab.PodManifest("a", node: "node1"));
        await lab.ApplyAsync(SharedLab.PodManifest("b", node: "node2"));
        try
        {
            await lab.WaitReadyAsync("pod/a");
            await lab.WaitReadyAsync("pod/b");
            var b = (string)(await lab.JsonAsync("get", "pod", "b"))["status"]!["podIP"]!;
            await SharedLab.UntilAsync("packets pass", async () => (await lab.ExecAsync("default", "a", "ping", "-c", "1", "-W", "2", b)).ExitCode == 0);

            await NbctlAsync("--", "--all", "destroy", "Logical_Router", "--", "--all", "destroy", "Logical_Switch", "--", "--all", "destroy", "DHCP_Options");
            await SharedLab.UntilAsync("the rows are back", async () =>
                (await NbctlAsync("show")).Contains("default/pod.b.eth0", StringComparison.Ordinal));
            await SharedLab.UntilAsync("packets pass again", async () =>
                (await lab.ExecAsync("default", "a", "ping", "-c", "1", "-W", "1", b)).ExitCode == 0);
        }
        finally
        {
            await lab.RunAsync("delete", "pod", "a", "b", "--timeout=50s");
        }
    }

    [Fact]
    public async Task Subnet_in_use_says_for_whom_its_deletion_waits()
    {
        await lab.ApplyAsync("""{"apiVersion":"fabric.vmnet.io/v1alpha1","kind":"Subnet","metadata":{"name":"used"},"spec":{"ipv4":{"cidr":"10.85.0.0/24"}}}""");
        await lab.ApplyAsync(SharedLab.PodManifest("user", subnet: "used"));
        await lab.WaitReadyAsync("pod/user");
        await lab.RunAsync("delete", "subnet", "used", "--wait=false");
        await SharedLab.UntilAsync("the subnet says who uses it", async () =>
            (await lab.RunAsync("get", "subnet", "used", "-o", "jsonpath={.status.conditions[*].message}")).Contains("pod.user.eth0", StringComparison.Ordinal));
        await lab.RunAsync("delete", "pod", "user", "--timeout=50s");
        await SharedLab.UntilAsync("the subnet is gone", async () =>
            !(await lab.RunAsync("get", "subnets", "-o", "name")).Contains("used", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Crashed_lab_is_taken_down_whole_and_its_neighbour_does_not_notice()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var second = await FabricLab.UpAsync(SharedLab.Options(nodes: 1), progress: null, cancellation);
        var status = await second.StatusAsync(cancellation);
        Assert.True(status.Healthy);
        foreach (var process in status.Processes.Where(each => each.Name.Contains("runner", StringComparison.Ordinal) || each.Name.Contains("server", StringComparison.Ordinal)))
        {
            await Tool.RunAsync("kill", ["-9", $"{process.Pid}"], cancellation);
        }

        await FabricLab.DownAsync(second.Record.Id, cancellation);
        await FabricLab.DownAsync(second.Record.Id, cancellation);

        Assert.DoesNotContain(second.Record.Id, FabricLab.List());
        Assert.All(status.Processes, process => Assert.False(File.Exists($"/proc/{process.Pid}/cmdline") && File.ReadAllText($"/proc/{process.Pid}/cmdline").Contains(second.Folder.Path, StringComparison.Ordinal)));
        var namespaces = await Tool.RunAsync("ip", ["netns", "list"], cancellation);
        Assert.All(second.Record.Nodes, node => Assert.DoesNotContain(node.Namespace, namespaces, StringComparison.Ordinal));
        Assert.True((await lab.Lab.StatusAsync(cancellation)).Healthy);
    }

    [Fact]
    public async Task Demo_that_was_killed_leaves_a_lab_that_the_next_run_finds_and_removes()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var before = FabricLab.List().ToHashSet(StringComparer.Ordinal);
        var start = new System.Diagnostics.ProcessStartInfo(Repository.Fabric, ["lab", "demo", "--samples", Repository.Samples])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false,
        };
        using var demo = System.Diagnostics.Process.Start(start)!;
        string? left = null;
        await SharedLab.UntilAsync("the demo has begun its lab's processes", () =>
        {
            left = FabricLab.List().FirstOrDefault(id => !before.Contains(id));
            return Task.FromResult(left is not null && File.Exists($"/run/fabric-lab/{left}/log/server.log"));
        });
        demo.Kill();
        await demo.WaitForExitAsync(cancellation);

        Assert.Contains(left!, FabricLab.ListAbandoned());
        Assert.DoesNotContain(lab.Lab.Record.Id, FabricLab.ListAbandoned());
        await FabricLab.DownAsync(left!, cancellation);
        Assert.DoesNotContain(left!, FabricLab.List());
    }

    private Task<string> NbctlAsync(params string[] command) => Tool.RunAsync(
        "ovn-nbctl", [$"--db=unix:{lab.Lab.Folder.Central}/nb.sock", "--timeout=20", .. command], TestContext.Current.CancellationToken);
}
