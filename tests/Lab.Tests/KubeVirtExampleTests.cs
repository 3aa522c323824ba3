namespace Lab.Tests;

/// <summary>What KubeVirt publishes applies as it is and boots.</summary>
[Collection(nameof(SharedLab))]
public sealed class KubeVirtExampleTests(SharedLab lab)
{
    [Theory]
    [InlineData("vmi-fedora", "default")]
    [InlineData("vmi-masquerade", "testmasquerade")]
    [InlineData("vmi-nocloud", "default")]
    public async Task Instance_boots_and_is_reached_at_its_Nics_address(string name, string nic)
    {
        var file = File(name);
        await lab.RunAsync("apply", "-f", file);
        try
        {
            await lab.WaitReadyAsync($"vmi/{name}");
            await AssertReachedAsync(name, nic);
            await SharedLab.UntilAsync("its events say what is not honoured", async () =>
            {
                var events = await lab.RunAsync("get", "events", "--field-selector", $"involvedObject.name={name}");
                return events.Contains("ContainerDiskReplaced", StringComparison.Ordinal) && events.Contains("CloudInit", StringComparison.Ordinal);
            });
        }
        finally
        {
            await lab.RunAsync("delete", "-f", file, "--timeout=50s");
        }

        await AssertNothingLeftAsync(name);
    }

    [Fact]
    public async Task Halted_machine_has_its_Nic_and_boots_when_it_is_started()
    {
        var file = File("vm-cirros");
        await lab.RunAsync("apply", "-f", file);
        try
        {
            await lab.WaitReadyAsync("nic/vm.vm-cirros.default");
            var stopped = (string)(await lab.JsonAsync("get", "nic", "vm.vm-cirros.default"))["status"]!["addresses"]![0]!;
            await lab.RunAsync("patch", "vm", "vm-cirros", "--type", "merge", "-p", """{"spec":{"runStrategy":"Always"}}""");
            await lab.WaitReadyAsync("vm/vm-cirros");
            Assert.Equal(stopped, await AssertReachedAsync("vm-cirros", "default"));
        }
        finally
        {
            await lab.RunAsync("delete", "-f", file, "--timeout=50s");
        }

        await AssertNothingLeftAsync("vm-cirros");
    }

    [Fact]
    public async Task Migratable_instance_migrates_behind_its_masquerade_and_keeps_its_address()
    {
        await lab.RunAsync("apply", "-f", File("vmi-migratable"));
        try
        {
            await lab.WaitReadyAsync("vmi/vmi-migratable");
            var before = await AssertReachedAsync("vmi-migratable", "default");
            var from = (string)(await lab.JsonAsync("get", "vmi", "vmi-migratable"))["status"]!["nodeName"]!;
            await lab.RunAsync("apply", "-f", File("migration-job"));
            await SharedLab.UntilAsync("the migration has ended", async () =>
                (string?)(await lab.JsonAsync("get", "vmim", "migration-job"))["status"]?["phase"] is "Succeeded" or "Failed");
            var vmi = await lab.JsonAsync("get", "vmi", "vmi-migratable");
            Assert.NotEqual(from, (string)vmi["status"]!["nodeName"]!);
            Assert.Equal(before, await AssertReachedAsync("vmi-migratable", "default"));
        }
        finally
        {
            await lab.RunAsync("delete", "-f", File("migration-job"), "-f", File("vmi-migratable"), "--ignore-not-found", "--timeout=50s");
        }

        await AssertNothingLeftAsync("vmi-migratable");
    }

    private static string File(string name)
    {
        if (Repository.KubeVirtExamples is not { } folder)
        {
            Assert.Skip("KubeVirt's examples are not beside the repository: set FABRIC_KUBEVIRT_EXAMPLES");
            return "";
        }

        return Path.Combine(folder, name + ".yaml");
    }

    /// <summary>Pings the address that the Nic shows from a pod, and returns it with its prefix length.</summary>
    private async Task<string> AssertReachedAsync(string vm, string nic)
    {
        var address = (string)(await lab.JsonAsync("get", "nic", $"vm.{vm}.{nic}"))["status"]!["addresses"]![0]!;
        await lab.ApplyAsync(SharedLab.PodManifest("prober"));
        await lab.WaitReadyAsync("pod/prober");
        // The prober's node may hear a moment later than the prober is ready where the VM is.
        await SharedLab.UntilAsync($"{vm} answers at {address}", async () => (await lab.ExecAsync("default", "prober", "ping", "-c", "3", "-W", "5", address.Split('/')[0])).ExitCode == 0);
        return address;
    }

    private Task AssertNothingLeftAsync(string vm) => SharedLab.UntilAsync($"nothing of {vm} is left", async () =>
        !(await lab.RunAsync("get", "nics,pods,vmis", "-o", "name")).Contains(vm, StringComparison.Ordinal)
        && !(await lab.RunAsync("get", "ipclaims,macclaims", "-o", "jsonpath={.items[*].spec.owner.name}")).Contains(vm, StringComparison.Ordinal));
}
