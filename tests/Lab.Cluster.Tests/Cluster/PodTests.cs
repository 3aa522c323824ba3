using Fabric.Kube;
using Fabric.Resources;
using Fabric.Resources.Core;
using Lab.Cluster.Reconciling;

namespace Lab.Cluster.Tests.Cluster;

public sealed class PodTests
{
    [Fact]
    public async Task Pod_is_scheduled_and_runs_with_the_address_of_its_sandbox()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.Pods.CreateAsync(NewPod("web"), TestContext.Current.CancellationToken);

        var pod = await cluster.EventuallyAsync(cluster.Pods, "web", each => each.Status?.Conditions.IsTrue("Ready") == true);

        var sandbox = Assert.Single(cluster.Sandboxes);
        Assert.Equal("Running", pod.Status!.Phase);
        Assert.Equal(sandbox.Addresses[0], pod.Status.PodIP);
        Assert.Equal(pod.Metadata.Uid, sandbox.Pod.Uid);
        Assert.NotNull(pod.Status.ContainerStatuses!.Value[0].State!.Running);
        // Who schedules and who runs it write theirs independently of each other.
        await cluster.EventsAsync("web", "Scheduled");
        var events = await cluster.EventsAsync("web", "Started");
        Assert.Contains(events, each => each.Reason == "ImageReplaced" && each.Message!.Contains("nginx:1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Pods_go_to_the_least_loaded_node()
    {
        await using var cluster = await TestCluster.StartAsync();
        await BothNodesAsync(cluster);
        foreach (var name in (string[])["a", "b", "c", "d"])
            await cluster.Pods.CreateAsync(NewPod(name), TestContext.Current.CancellationToken);
        foreach (var name in (string[])["a", "b", "c", "d"])
            await cluster.EventuallyAsync(cluster.Pods, name, each => each.Status?.Phase == "Running");

        Assert.All(cluster.Nodes.Values, node => Assert.Equal(2, node.All.Count));
    }

    [Fact]
    public async Task Pod_that_fits_nowhere_says_why_and_is_bound_when_the_node_is_uncordoned()
    {
        await using var cluster = await TestCluster.StartAsync();
        await BothNodesAsync(cluster);
        var nodes = cluster.Client.Resource(ResourceTypes.Nodes);
        // While nobody plays, so that the scheduler knows of it before it hears of the pod.
        await cluster.PauseAsync();
        await nodes.MutateAsync(new ObjectKey("node2"), node => node with { Spec = new NodeSpec { Unschedulable = true } }, TestContext.Current.CancellationToken);
        cluster.Play();
        await cluster.EventuallyAsync(nodes, "node2", node => node.Spec?.Unschedulable == true);
        await cluster.Pods.CreateAsync(NewPod("web") with { Spec = NewPod("web").Spec! with { NodeSelector = [KeyValuePair.Create("kubernetes.io/hostname", "node2")] } }, TestContext.Current.CancellationToken);

        var pod = await cluster.EventuallyAsync(cluster.Pods, "web", each => each.Status?.Conditions.Find("PodScheduled")?.Reason == "Unschedulable");

        Assert.Equal(
            "0/2 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, 1 node(s) were unschedulable.",
            pod.Status!.Conditions.Find("PodScheduled")!.Message);
        await cluster.EventsAsync("web", "FailedScheduling");

        await nodes.MutateAsync(new ObjectKey("node2"), node => node with { Spec = new NodeSpec { Unschedulable = false } }, TestContext.Current.CancellationToken);
        Assert.Equal("node2", (await cluster.EventuallyAsync(cluster.Pods, "web", each => each.Status?.Phase == "Running")).Spec!.NodeName);
    }

    [Fact]
    public async Task Deleted_pod_goes_after_its_sandbox()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.Pods.CreateAsync(NewPod("web"), TestContext.Current.CancellationToken);
        await cluster.EventuallyAsync(cluster.Pods, "web", each => each.Status?.Phase == "Running");

        await cluster.Pods.DeleteAsync(new ObjectKey("default", "web"), null, TestContext.Current.CancellationToken);
        await cluster.GoneAsync(cluster.Pods, "web");

        Assert.Empty(cluster.Sandboxes);
    }

    [Fact]
    public async Task Failed_sandbox_is_told_with_the_words_of_cni_and_tried_again()
    {
        await using var cluster = await TestCluster.StartAsync();
        foreach (var node in cluster.Nodes.Values)
            node.Refusal = "plugin fabric-cni failed (add): subnet blue is full";
        await cluster.Pods.CreateAsync(NewPod("web"), TestContext.Current.CancellationToken);

        var events = await cluster.EventsAsync("web", "FailedCreatePodSandBox");
        Assert.Contains(events, each => each.Message == "Failed to create pod sandbox: plugin fabric-cni failed (add): subnet blue is full");

        foreach (var node in cluster.Nodes.Values)
            node.Refusal = null;
        await cluster.EventuallyAsync(cluster.Pods, "web", each => each.Status?.Phase == "Running");
    }

    [Fact]
    public async Task Container_that_ends_is_restarted_as_the_policy_says()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.Pods.CreateAsync(NewPod("always"), TestContext.Current.CancellationToken);
        await cluster.Pods.CreateAsync(NewPod("never") with { Spec = NewPod("never").Spec! with { RestartPolicy = "Never" } }, TestContext.Current.CancellationToken);
        foreach (var name in (string[])["always", "never"])
            await cluster.EventuallyAsync(cluster.Pods, name, each => each.Status?.Phase == "Running");

        foreach (var node in cluster.Nodes.Values)
        {
            foreach (var container in node.All.SelectMany(each => each.Containers))
                node.End(container.Id, 3);
        }

        var again = await cluster.EventuallyAsync(cluster.Pods, "always", each => each.Status?.ContainerStatuses?.FirstOrDefault()?.RestartCount == 1 && each.Status.Conditions.IsTrue("Ready"));
        Assert.Equal("Running", again.Status!.Phase);
        var failed = await cluster.EventuallyAsync(cluster.Pods, "never", each => each.Status?.Phase == "Failed");
        Assert.Equal(3, failed.Status!.ContainerStatuses!.Value[0].State!.Terminated!.ExitCode);
        await cluster.EventuallyAsync(() => Task.FromResult(cluster.Sandboxes.Any(each => each.Pod.Name == "never" && !each.IsReady)), () => "its sandbox is still up");
    }

    [Fact]
    public async Task Restarted_players_keep_what_runs_and_remove_what_nobody_wants()
    {
        await using var cluster = await TestCluster.StartAsync();
        foreach (var name in (string[])["stays", "goes"])
        {
            await cluster.Pods.CreateAsync(NewPod(name), TestContext.Current.CancellationToken);
            await cluster.EventuallyAsync(cluster.Pods, name, each => each.Status?.Phase == "Running");
        }
        var kept = cluster.Sandboxes.Single(each => each.Pod.Name == "stays").Id;

        await cluster.PauseAsync();
        await cluster.Pods.DeleteAsync(new ObjectKey("default", "goes"), new DeleteOptions { GracePeriodSeconds = 0 }, TestContext.Current.CancellationToken);
        cluster.Play();

        await cluster.EventuallyAsync(() => Task.FromResult(cluster.Sandboxes.All(each => each.Pod.Name != "goes")), () => "the sandbox of a pod that is gone is still there");
        Assert.Equal(kept, Assert.Single(cluster.Sandboxes).Id);
    }

    [Fact]
    public async Task Pod_on_the_host_network_has_the_nodes_address()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.Pods.CreateAsync(NewPod("host") with { Spec = NewPod("host").Spec! with { HostNetwork = true } }, TestContext.Current.CancellationToken);

        var pod = await cluster.EventuallyAsync(cluster.Pods, "host", each => each.Status?.Phase == "Running");

        Assert.Equal(pod.Status!.HostIP, pod.Status.PodIP);
    }

    private static Pod NewPod(string name) => new()
    {
        Metadata = new ObjectMeta { Name = name, Namespace = "default" },
        Spec = new PodSpec { Containers = [new PodContainer { Name = "main", Image = "nginx:1" }], TerminationGracePeriodSeconds = 1 },
    };

    private static async Task BothNodesAsync(TestCluster cluster)
    {
        foreach (var name in cluster.Nodes.Keys)
            await cluster.EventuallyAsync(cluster.Client.Resource(ResourceTypes.Nodes), name, node => node.Status?.Conditions.IsTrue("Ready") == true);
    }
}
