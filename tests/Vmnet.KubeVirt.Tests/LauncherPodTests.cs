using Fabric.Primitives;
using Fabric.Resources;
using Fabric.Resources.Core;

namespace Vmnet.KubeVirt.Tests;

public sealed class LauncherPodTests
{
    [Fact]
    public void Ordinary_pod_is_no_VM() => Assert.Null(LauncherPod.Identify(Pod(labels: new() { ["app"] = "web" })));

    [Fact]
    public void Launcher_is_the_instance_its_annotation_names()
    {
        var pod = Pod(
            labels: new() { ["kubevirt.io"] = "virt-launcher", ["kubevirt.io/created-by"] = "u-1", ["vm.kubevirt.io/name"] = "label" },
            annotations: new() { ["kubevirt.io/domain"] = "web" });
        Assert.Equal(new VmIdentity("shop", "web", "u-1"), LauncherPod.Identify(pod));
    }

    [Fact]
    public void Launcher_without_the_annotation_is_the_instance_its_id_names() =>
        Assert.Equal(new VmIdentity("shop", "web", "u-1"), LauncherPod.Identify(Launcher(id: "web")));

    [Fact]
    public void Launcher_whose_id_may_have_been_cut_is_known_by_its_annotation_only()
    {
        var name = new string('a', 80);
        // What KubeVirt 1.7 writes: printf 'a%.0s' {1..80} | sha1sum
        const string Id = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-86f33652";
        Assert.Equal(Id, LauncherPod.InstanceId(name));
        Assert.Equal(name, LauncherPod.Identify(Launcher(domain: name, id: Id))!.Name);
        Assert.Null(LauncherPod.Identify(Launcher(id: Id)));
    }

    [Fact]
    public void Launcher_whose_annotation_and_id_disagree_is_nobodys() =>
        Assert.Null(LauncherPod.Identify(Launcher(domain: "web", id: "db")));

    [Theory]
    [InlineData("virt-handler", "u-1")]
    [InlineData("virt-launcher", "")]
    public void Other_KubeVirt_pods_and_incomplete_launchers_are_no_VM(string role, string createdBy) =>
        Assert.Null(LauncherPod.Identify(Pod(
            labels: new() { ["kubevirt.io"] = role, ["kubevirt.io/created-by"] = createdBy, ["vmi.kubevirt.io/id"] = "web" })));

    [Fact]
    public void Host_name_label_is_not_asked_and_the_pod_is_still_no_ordinary_one()
    {
        var pod = Pod(labels: new()
        {
            ["kubevirt.io"] = "virt-launcher", ["kubevirt.io/created-by"] = "u-1", ["vm.kubevirt.io/name"] = "web",
        });
        Assert.Null(LauncherPod.Identify(pod));
        Assert.True(LauncherPod.IsLauncher(pod));
    }

    private static Pod Launcher(string? domain = null, string? id = null)
    {
        var labels = new Dictionary<string, string>(StringComparer.Ordinal) { ["kubevirt.io"] = "virt-launcher", ["kubevirt.io/created-by"] = "u-1" };
        if (id is not null)
        {
            labels["vmi.kubevirt.io/id"] = id;
        }

        return Pod(labels, domain is null ? null : new(StringComparer.Ordinal) { ["kubevirt.io/domain"] = domain });
    }

    private static Pod Pod(Dictionary<string, string> labels, Dictionary<string, string>? annotations = null) => new()
    {
        Metadata = new ObjectMeta
        {
            Name = "p", Namespace = "shop",
            Labels = labels.ToEquatableMap(),
            Annotations = annotations is null ? null : annotations.ToEquatableMap(),
        },
    };
}
