namespace Lab.Tests;

/// <summary>Containers that no pod stands for, run by real runtimes, with addresses of the control plane and packets through OVN.</summary>
[Collection(nameof(SharedLab))]
public sealed class ContainerRuntimeTests(ContainerRuntimes runtimes) : IClassFixture<ContainerRuntimes>
{
    private const string ShowAndPing = "ip -o addr show dev eth0; ping -c 1 -W 10 10.87.0.1 && ping -c 1 -W 10 fd87::1";

    [Fact]
    public async Task Container_of_ctr_gets_a_Nic_for_as_long_as_it_runs()
    {
        var output = await runtimes.CtrAsync(["run", "--rm", .. runtimes.CtrRun("ctr-1", "/bin/sh", "-c", ShowAndPing)]);

        Assert.Contains("inet 10.87.0.", output, StringComparison.Ordinal);
        Assert.Contains("inet6 fd87::", output, StringComparison.Ordinal);
        Assert.DoesNotContain("tentative", output, StringComparison.Ordinal);
        Assert.Contains("1 packets received", output, StringComparison.Ordinal);
        await runtimes.GoneAsync();
    }

    [Fact]
    public async Task Container_of_podman_gets_the_address_and_MAC_that_it_asks_for()
    {
        var any = await runtimes.PodmanRunAsync(["--name", "any"], "/bin/sh", "-c", ShowAndPing);
        var chosen = await runtimes.PodmanRunAsync(["--name", "chosen", "--ip", "10.87.0.77", "--mac-address", "02:00:00:00:87:77"], "/bin/sh", "-c", $"ip link show eth0; {ShowAndPing}");

        Assert.Contains("inet 10.87.0.", any, StringComparison.Ordinal);
        Assert.Contains("inet 10.87.0.77/24", chosen, StringComparison.Ordinal);
        Assert.Contains("02:00:00:00:87:77", chosen, StringComparison.Ordinal);
        Assert.Contains("1 packets received", chosen, StringComparison.Ordinal);
        await runtimes.GoneAsync();
    }

    /// <summary><c>ctr run --detach</c> never calls DEL.</summary>
    [Fact]
    public async Task Container_that_ends_without_DEL_gives_its_addresses_back()
    {
        await runtimes.CtrAsync(["run", "--detach", .. runtimes.CtrRun("ctr-2", "/bin/sleep", "300")]);
        var nic = Assert.Single(await runtimes.NicsAsync())!;
        await SharedLab.UntilAsync("the Nic says where it is", async () => (string?)(nic = Assert.Single(await runtimes.NicsAsync())!)["status"]?["node"] is not null);
        Assert.Equal("Container", (string)nic["spec"]!["owner"]!["kind"]!);
        Assert.Equal(runtimes.NodeName, (string)nic["status"]!["node"]!);
        Assert.Equal("Node", (string)nic["metadata"]!["ownerReferences"]![0]!["kind"]!);

        await runtimes.CtrAsync("task", "delete", "--force", "ctr-2");
        await runtimes.CtrAsync("container", "delete", "ctr-2");

        await runtimes.GoneAsync();
    }
}
