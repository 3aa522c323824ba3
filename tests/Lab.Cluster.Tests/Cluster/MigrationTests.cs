using Fabric.Kube;
using Fabric.Resources;
using Lab.Cluster.Guests;
using Lab.Cluster.Reconciling;
using Vmnet.KubeVirt;

namespace Lab.Cluster.Tests.Cluster;

public sealed class MigrationTests
{
    [Fact]
    public async Task Instance_moves_to_another_node_and_what_it_left_ends()
    {
        await using var cluster = await TestCluster.StartAsync();
        var (instance, migrations) = await RunningAsync(cluster);
        var from = instance.Status!.NodeName!;
        await migrations.CreateAsync(NewMigration("move"), TestContext.Current.CancellationToken);

        var underWay = await cluster.EventuallyAsync(migrations, "move", each => each.Status?.Phase == "Running" && cluster.Guests.Handovers.Count == 1);
        var both = await cluster.EventuallyAsync(cluster.Instances, "web", each => each.Status?.ActivePods is { Count: 2 });
        Assert.Equal((underWay.Metadata.Uid, from, from), (both.Status!.MigrationState!.MigrationUid, both.Status.MigrationState.SourceNode, both.Status.NodeName));
        var target = (await cluster.Pods.GetAsync(new ObjectKey("default", both.Status.MigrationState.TargetPod!), TestContext.Current.CancellationToken))!;
        Assert.Equal(underWay.Metadata.Uid, target.Metadata.Label(KubeVirtApi.MigrationJobLabel));
        Assert.NotEqual(from, target.Spec!.NodeName);

        Become(cluster, HandoverPhase.Done);
        await cluster.EventuallyAsync(migrations, "move", each => each.Status?.Phase == "Succeeded");
        var moved = await cluster.EventuallyAsync(cluster.Instances, "web", each => each.Status is { ActivePods.Count: 1, Phase: "Running" } && each.Status.Conditions.IsTrue("Ready"));
        Assert.Equal(target.Spec.NodeName, moved.Status!.NodeName);
        Assert.True(moved.Status.MigrationState!.HasSucceeded);
        Assert.Equal(target.Metadata.Uid, Assert.Single(cluster.Guests.All).Uid);
        await cluster.EventuallyAsync(cluster.Pods, moved.Status.MigrationState.SourcePod!, each => each.Status?.Phase == "Succeeded");
    }

    [Fact]
    public async Task Migration_that_is_deleted_leaves_the_instance_where_it_is()
    {
        await using var cluster = await TestCluster.StartAsync();
        var (instance, migrations) = await RunningAsync(cluster);
        await migrations.CreateAsync(NewMigration("move"), TestContext.Current.CancellationToken);
        await cluster.EventuallyAsync(() => Task.FromResult(cluster.Guests.Handovers.Count == 1), () => "it was not begun");

        await migrations.DeleteAsync(new ObjectKey("default", "move"), options: null, TestContext.Current.CancellationToken);
        await cluster.GoneAsync(migrations, "move");
        Assert.Equal(HandoverPhase.Failed, Assert.Single(cluster.Guests.Handovers).Value);
        var stayed = await cluster.EventuallyAsync(cluster.Instances, "web", each => each.Status is { ActivePods.Count: 1, MigrationState.Failed: true });
        Assert.Equal(instance.Status!.NodeName, stayed.Status!.NodeName);
        await cluster.EventuallyAsync(() => Task.FromResult(cluster.Guests.All.Count == 1), () => "the target's guest is still there");

        // A second one is not kept from it by the first.
        await migrations.CreateAsync(NewMigration("again"), TestContext.Current.CancellationToken);
        await cluster.EventuallyAsync(() => Task.FromResult(cluster.Guests.Handovers.Count == 2), () => "the second was not begun");
    }

    [Fact]
    public async Task Migration_with_no_node_to_go_to_waits_and_can_be_deleted()
    {
        await using var cluster = await TestCluster.StartAsync();
        var (_, migrations) = await RunningAsync(cluster);
        var nowhere = NewMigration("move");
        await migrations.CreateAsync(nowhere with { Spec = nowhere.Spec with { AddedNodeSelector = [KeyValuePair.Create("kubernetes.io/hostname", "node9")] } }, TestContext.Current.CancellationToken);
        await cluster.EventuallyAsync(migrations, "move", each => each.Status?.Phase == "Scheduling");
        await migrations.DeleteAsync(new ObjectKey("default", "move"), options: null, TestContext.Current.CancellationToken);
        await cluster.GoneAsync(migrations, "move");
        await cluster.EventuallyAsync(
            async () => (await cluster.Pods.ListAsync(ListOptions.All, TestContext.Current.CancellationToken)).Items.Count == 1, () => "the target's pod is still there");
    }

    private static void Become(TestCluster cluster, HandoverPhase phase) => cluster.Guests.Handovers[cluster.Guests.Handovers.Keys.Single()] = phase;

    private static async Task<(VirtualMachineInstance Instance, KubeResource<VirtualMachineInstanceMigration> Migrations)> RunningAsync(TestCluster cluster)
    {
        await cluster.Instances.CreateAsync(
            new VirtualMachineInstance
            {
                Metadata = new ObjectMeta { Name = "web", Namespace = "default", Annotations = [KeyValuePair.Create(KubeVirtApi.BridgeMigrationAnnotation, "true")] },
                Spec = new VirtualMachineInstanceSpec { TerminationGracePeriodSeconds = 1 },
            },
            TestContext.Current.CancellationToken);
        return (await cluster.EventuallyAsync(cluster.Instances, "web", each => each.Status?.Conditions.IsTrue("Ready") == true), cluster.Client.Resource(KubeVirtTypes.Migrations));
    }

    private static VirtualMachineInstanceMigration NewMigration(string name) => new()
    {
        Metadata = new ObjectMeta { Name = name, Namespace = "default" }, Spec = new VirtualMachineInstanceMigrationSpec { VmiName = "web" },
    };
}
