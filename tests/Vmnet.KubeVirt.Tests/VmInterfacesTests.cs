using System.Text.Json;

namespace Vmnet.KubeVirt.Tests;

public sealed class VmInterfacesTests
{
    [Fact]
    public void No_interface_named_is_one_bridge_on_the_pod_network() =>
        Assert.Equal(
            [new VmNic("default", VmBinding.Bridge, OnPodNetwork: true, MacAddress: null)],
            Of("""{"domain":{"devices":{}}}"""));

    [Fact]
    public void No_interface_wanted_is_none() =>
        Assert.Empty(Of("""{"domain":{"devices":{"autoattachPodInterface":false}}}"""));

    [Fact]
    public void Masquerade_on_the_pod_network_keeps_its_name_and_MAC() =>
        Assert.Equal(
            [new VmNic("lan", VmBinding.Masquerade, OnPodNetwork: true, "02:00:00:00:00:01")],
            Of("""
               {"domain":{"devices":{"interfaces":[{"name":"lan","masquerade":{},"macAddress":"02:00:00:00:00:01"}]}},
                "networks":[{"name":"lan","pod":{}}]}
               """));

    [Fact]
    public void Unknown_binding_and_network_are_named()
    {
        var nics = Of("""
            {"domain":{"devices":{"interfaces":[{"name":"a","sriov":{}},{"name":"b","bridge":{}},{"name":"c","bridge":{}}]}},
             "networks":[{"name":"a","multus":{"networkName":"x"}},{"name":"b","multus":{"networkName":"y"}}]}
            """);
        Assert.Equal(["sriov", "multus", "no network"], nics.Select(nic => nic.OtherKind));
        Assert.All(nics, nic => Assert.False(nic.OnPodNetwork));
    }

    [Fact]
    public void Interface_that_is_to_be_absent_is_left_out() =>
        Assert.Empty(Of("""
            {"domain":{"devices":{"interfaces":[{"name":"a","bridge":{},"state":"absent"}]}},"networks":[{"name":"a","pod":{}}]}
            """));

    private static VmNic[] Of(string spec)
    {
        var vmi = JsonSerializer.Deserialize($$"""{"metadata":{"name":"x"},"spec":{{spec}}}""", KubeVirtJson.Default.VirtualMachineInstance)!;
        return [.. VmInterfaces.Of(vmi.Spec)];
    }
}
