using Fabric.Resources;
using Lab.Cluster.Reconciling;
using Lab.Runner.Processes;
using Vmnet.KubeVirt;

namespace Lab.Cluster.Tests.Cluster;

/// <summary>KubeVirt's own example manifests, applied unmodified with kubectl.</summary>
public sealed class ExampleTests
{
    private static readonly string? Folder = FindFolder();

    private static readonly string? Kubectl = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(each => Path.Combine(each, "kubectl")).FirstOrDefault(File.Exists);

    [Theory]
    [InlineData("vmi-fedora.yaml", "vmi-fedora", "Masquerade", "ContainerDiskReplaced CloudInitIgnored DeviceIgnored MemoryLimited")]
    [InlineData("vmi-masquerade.yaml", "vmi-masquerade", "Masquerade", "ContainerDiskReplaced CloudInitIgnored DeviceIgnored MemoryLimited")]
    [InlineData("vmi-migratable.yaml", "vmi-migratable", "Masquerade", "ContainerDiskReplaced")]
    [InlineData("vmi-nocloud.yaml", "vmi-nocloud", "Bridge", "ContainerDiskReplaced CloudInitIgnored VolumeIgnored")]
    public async Task Instance_boots_and_what_is_not_honoured_is_said(string file, string name, string binding, string said)
    {
        await using var cluster = await StartAsync();
        await ApplyAsync(cluster, file);

        var instance = await cluster.EventuallyAsync(cluster.Instances, name, each => each.Status?.Conditions.IsTrue("Ready") == true);

        Assert.Equal("Running", instance.Status!.Phase);
        Assert.Equal(binding, Assert.Single(cluster.Guests.Bound).Binding.ToString());
        var expected = said.Split(' ');
        var events = await cluster.EventsAsync(name, expected[^1]);
        Assert.Equal(expected.Order(), events.Select(each => each.Reason!).Where(each => each.EndsWith("Ignored", StringComparison.Ordinal) || each is "ContainerDiskReplaced" or "MemoryLimited").Order());
        Assert.DoesNotContain(events, each => each.Type == "Warning");
    }

    [Fact]
    public async Task Halted_machine_starts_when_it_is_told_to_run()
    {
        await using var cluster = await StartAsync();
        await ApplyAsync(cluster, "vm-cirros.yaml");
        await cluster.EventuallyAsync(cluster.Vms, "vm-cirros", each => each.Status?.PrintableStatus == "Stopped");
        Assert.Empty(cluster.Guests.Started);

        await cluster.Vms.MutateAsync(new ObjectKey("default", "vm-cirros"), vm => vm with { Spec = vm.Spec with { RunStrategy = "Always" } }, TestContext.Current.CancellationToken);

        await Tool.RunAsync(Kubectl!, ["--kubeconfig", cluster.Kubeconfig, "wait", "vm/vm-cirros", "--for=condition=Ready", "--timeout=50s"], TestContext.Current.CancellationToken);
        Assert.Equal("bridge", Assert.Single(cluster.Guests.Bound).Binding.ToString(), ignoreCase: true);
    }

    [Fact]
    public async Task Migration_of_an_instance_that_is_not_there_fails_and_says_so()
    {
        await using var cluster = await StartAsync();
        await ApplyAsync(cluster, "migration-job.yaml");

        await cluster.EventuallyAsync(cluster.Client.Resource(KubeVirtTypes.Migrations), "migration-job", each => each.Status?.Phase == "Failed");

        Assert.Contains(await cluster.EventsAsync("migration-job", "MigrationFailed"), each => each.Type == "Warning");
    }

    private static Task<TestCluster> StartAsync()
    {
        Assert.SkipWhen(Folder is null, "KubeVirt's examples are not here: set FABRIC_KUBEVIRT_EXAMPLES");
        Assert.SkipWhen(Kubectl is null, "kubectl is not on PATH (package kubernetes-client)");
        return TestCluster.StartAsync();
    }

    private static Task<string> ApplyAsync(TestCluster cluster, string file) =>
        Tool.RunAsync(Kubectl!, ["--kubeconfig", cluster.Kubeconfig, "apply", "-f", Path.Combine(Folder!, file)], TestContext.Current.CancellationToken);

    private static string? FindFolder()
    {
        if (Environment.GetEnvironmentVariable("FABRIC_KUBEVIRT_EXAMPLES") is { Length: > 0 } told)
            return told;
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var examples = Path.Combine(folder.FullName, "shared", "data", "kubevirt-examples");
            if (Directory.Exists(examples))
                return examples;
        }
        return null;
    }
}
