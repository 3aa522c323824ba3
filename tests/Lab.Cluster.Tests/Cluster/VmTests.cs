using System.Text.Json;
using Fabric.Kube;
using Fabric.Resources;
using Lab.Cluster.Guests;
using Lab.Cluster.Reconciling;
using Vmnet.KubeVirt;

namespace Lab.Cluster.Tests.Cluster;

public sealed class VmTests
{
    private static readonly JsonElement Empty = JsonElement.Parse("{}");

    [Fact]
    public async Task Vm_that_always_runs_gets_instance_launcher_and_guest_and_becomes_ready()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.Vms.CreateAsync(NewVm("web"), TestContext.Current.CancellationToken);

        var vm = await ReadyAsync(cluster, "web");
        var instance = await cluster.EventuallyAsync(cluster.Instances, "web", each => each.Status?.Conditions.IsTrue("Ready") == true);
        var launcher = Assert.Single((await cluster.Pods.ListAsync(ListOptions.All, TestContext.Current.CancellationToken)).Items);

        Assert.Equal("Running", vm.Status!.PrintableStatus);
        Assert.Equal("Running", instance.Status!.Phase);
        Assert.Equal(launcher.Spec!.NodeName, instance.Status.NodeName);
        Assert.Equal(launcher.Status!.PodIP, instance.Status.Interfaces!.Value[0].IpAddress);
        Assert.Equal("02:00:00:00:00:07", instance.Status.Interfaces.Value[0].Mac);
        Assert.Equal(launcher.Spec.NodeName, instance.Status.ActivePods!.Value[launcher.Metadata.Uid!]);
        Assert.Equal(vm.Metadata.Uid, instance.Metadata.OwnerReferences!.Value[0].Uid);
        Assert.Equal(new VmIdentity("default", "web", instance.Metadata.Uid!), LauncherPod.Identify(launcher));
        Assert.Matches("^virt-launcher-web-[a-z0-9]{5}$", launcher.Metadata.Name);
        Assert.Equal("blue", launcher.Metadata.Annotation("fabric.vmnet.io/subnet"));
        Assert.Equal(VmBinding.Bridge, Assert.Single(VmInterfaces.Of(instance.Spec)).Binding);
        Assert.Equal("default", instance.Spec.Networks!.Value[0].Name);
        Assert.Equal(128, Assert.Single(cluster.Guests.Started).MemoryMiB);
    }

    [Fact]
    public async Task Halted_vm_loses_its_guest_and_comes_back_when_it_runs_again()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.Vms.CreateAsync(NewVm("web"), TestContext.Current.CancellationToken);
        await ReadyAsync(cluster, "web");

        await SetStrategyAsync(cluster, "Halted");
        await cluster.GoneAsync(cluster.Instances, "web");
        await cluster.EventuallyAsync(cluster.Vms, "web", each => each.Status is { PrintableStatus: "Stopped", Created: false, Ready: false });
        Assert.Empty(cluster.Guests.All);
        await cluster.EventuallyAsync(() => Task.FromResult(!cluster.Sandboxes.Any()), () => "the launcher's sandbox is still there");

        await SetStrategyAsync(cluster, "Always");
        await ReadyAsync(cluster, "web");
    }

    [Fact]
    public async Task Guest_that_shuts_down_is_started_anew_when_its_vm_always_runs()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.Vms.CreateAsync(NewVm("web"), TestContext.Current.CancellationToken);
        await ReadyAsync(cluster, "web");
        var first = Assert.Single(cluster.Guests.All).Uid;

        cluster.Guests.End(first, GuestPhase.ShutDown);

        await cluster.EventuallyAsync(() => Task.FromResult(cluster.Guests.All is [{ IsRunning: true } guest] && guest.Uid != first), () => "no new guest");
        await ReadyAsync(cluster, "web");
    }

    [Fact]
    public async Task Guest_that_shuts_down_stays_down_when_its_vm_reruns_on_failure_only()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.Vms.CreateAsync(NewVm("web", "RerunOnFailure"), TestContext.Current.CancellationToken);
        await ReadyAsync(cluster, "web");

        cluster.Guests.End(Assert.Single(cluster.Guests.All).Uid, GuestPhase.ShutDown);

        await cluster.EventuallyAsync(cluster.Instances, "web", each => each.Status?.Phase == "Succeeded");
        await cluster.EventuallyAsync(cluster.Vms, "web", each => each.Status?.PrintableStatus == "Stopped");
        var launcher = Assert.Single((await cluster.Pods.ListAsync(ListOptions.All, TestContext.Current.CancellationToken)).Items);
        await cluster.EventuallyAsync(cluster.Pods, launcher.Metadata.Name!, each => each.Status?.Phase == "Succeeded");
    }

    [Fact]
    public async Task Crashed_guest_fails_its_instance_and_the_vm_backs_off()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.Vms.CreateAsync(NewVm("web"), TestContext.Current.CancellationToken);
        await ReadyAsync(cluster, "web");

        cluster.Guests.End(Assert.Single(cluster.Guests.All).Uid, GuestPhase.Crashed);

        // It comes back after ten seconds; what was said of it stays.
        await cluster.EventuallyAsync(cluster.Vms, "web", each => each.Status?.PrintableStatus == "CrashLoopBackOff");
        await cluster.EventsAsync("web", "Stopped");
    }

    [Fact]
    public async Task Deleted_vm_takes_guest_launcher_and_instance_with_it_even_when_the_guest_is_deaf()
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Guests.HearsPowerButton = false;
        await cluster.Vms.CreateAsync(NewVm("web"), TestContext.Current.CancellationToken);
        await ReadyAsync(cluster, "web");

        await cluster.Vms.DeleteAsync(new ObjectKey("default", "web"), null, TestContext.Current.CancellationToken);

        await cluster.GoneAsync(cluster.Vms, "web");
        await cluster.GoneAsync(cluster.Instances, "web");
        Assert.Empty(cluster.Guests.All);
        await cluster.EventuallyAsync(() => Task.FromResult(!cluster.Sandboxes.Any()), () => "the launcher's sandbox is still there");
    }

    [Fact]
    public async Task Restarted_players_leave_a_running_guest_alone()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.Vms.CreateAsync(NewVm("web"), TestContext.Current.CancellationToken);
        await ReadyAsync(cluster, "web");

        await cluster.PauseAsync();
        cluster.Play();
        await cluster.Vms.CreateAsync(NewVm("other"), TestContext.Current.CancellationToken);
        await ReadyAsync(cluster, "other");

        Assert.Equal(["web", "other"], cluster.Guests.Started.Select(each => each.Key.Name));
    }

    [Fact]
    public async Task Guest_whose_instance_went_unseen_is_ended()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.PauseAsync();
        await cluster.Guests.StartAsync(new GuestWish { Uid = "old", Key = new ObjectKey("default", "gone"), Hostname = "gone", NetworkNamespace = "", MemoryMiB = 96 }, TestContext.Current.CancellationToken);
        cluster.Play();

        await cluster.EventuallyAsync(() => Task.FromResult(cluster.Guests.All.Count == 0), () => "it still runs");
    }

    [Fact]
    public async Task Instance_with_an_interface_the_lab_cannot_make_stays_pending_and_names_it()
    {
        await using var cluster = await TestCluster.StartAsync();
        var vm = NewVm("web");
        var spec = new VirtualMachineInstanceSpec
        {
            Domain = new Domain { Devices = new Devices { Interfaces = [new VmInterface { Name = "fast", Unknown = new() { ["sriov"] = Empty } }] } },
            Networks = [new VmNetwork { Name = "fast", Pod = Empty }],
        };
        await cluster.Vms.CreateAsync(vm with { Spec = vm.Spec with { Template = vm.Spec.Template with { Spec = spec } } }, TestContext.Current.CancellationToken);

        var instance = await cluster.EventuallyAsync(cluster.Instances, "web", each => each.Status?.Conditions.Find("Synchronized") is not null);

        Assert.Equal("Pending", instance.Status!.Phase);
        var message = instance.Status.Conditions.Find("Synchronized")!.Message!;
        Assert.Contains("\"fast\"", message, StringComparison.Ordinal);
        Assert.Contains("sriov", message, StringComparison.Ordinal);
        Assert.Contains("masquerade", message, StringComparison.Ordinal);
        await cluster.EventsAsync("web", "UnsupportedInterface");
    }

    [Fact]
    public async Task Guest_that_never_says_its_network_is_up_is_not_ready_and_says_why()
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Guests.ComesUp = false;
        await cluster.Vms.CreateAsync(NewVm("web"), TestContext.Current.CancellationToken);

        var vm = await cluster.EventuallyAsync(cluster.Vms, "web", each => each.Status?.Conditions.Find("Ready")?.Reason == "GuestNetworkSilent");

        Assert.Equal("Running", vm.Status!.PrintableStatus);
        Assert.False(vm.Status.Ready);
    }

    [Fact]
    public async Task Instance_of_somebody_else_under_the_vms_name_is_left_alone()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.Instances.CreateAsync(new VirtualMachineInstance { Metadata = new ObjectMeta { Name = "web", Namespace = "default" } }, TestContext.Current.CancellationToken);
        await cluster.Vms.CreateAsync(NewVm("web"), TestContext.Current.CancellationToken);

        var vm = await cluster.EventuallyAsync(cluster.Vms, "web", each => each.Status?.Conditions.IsTrue("Failure") == true);

        Assert.Equal("FailedCreate", vm.Status!.Conditions.Find("Failure")!.Reason);
    }

    private static VirtualMachine NewVm(string name, string strategy = "Always") => new()
    {
        Metadata = new ObjectMeta { Name = name, Namespace = "default" },
        Spec = new VirtualMachineSpec
        {
            RunStrategy = strategy,
            Template = new VirtualMachineInstanceTemplate
            {
                Metadata = new ObjectMeta { Annotations = [KeyValuePair.Create("fabric.vmnet.io/subnet", "blue")] },
                Spec = new VirtualMachineInstanceSpec { TerminationGracePeriodSeconds = 1 },
            },
        },
    };

    private static Task<VirtualMachine> ReadyAsync(TestCluster cluster, string name) =>
        cluster.EventuallyAsync(cluster.Vms, name, each => each.Status is { Ready: true, PrintableStatus: "Running" } status && status.Conditions.IsTrue("Ready"));

    private static Task<VirtualMachine?> SetStrategyAsync(TestCluster cluster, string strategy) =>
        cluster.Vms.MutateAsync(new ObjectKey("default", "web"), vm => vm with { Spec = vm.Spec with { RunStrategy = strategy } }, TestContext.Current.CancellationToken);
}
