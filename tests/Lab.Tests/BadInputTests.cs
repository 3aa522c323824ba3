namespace Lab.Tests;

/// <summary>What cannot be granted is said where the user looks, and leaves nothing half-made.</summary>
[Collection(nameof(SharedLab))]
public sealed class BadInputTests(SharedLab lab)
{
    [Theory]
    [InlineData("""{"ipv4":{"cidr":"10.81.0.0/33"}}""", "spec.ipv4.cidr", "10.81.0.0/33")]
    [InlineData("""{"ipv4":{"cidr":"10.81.0.7/24"}}""", "spec.ipv4.cidr", "10.81.0.0/24")]
    [InlineData("""{"ipv4":{"cidr":"10.81.0.0/24","gateway":"10.82.0.1"}}""", "spec.ipv4.gateway", "10.82.0.1")]
    [InlineData("""{"ipv4":{"cidr":"10.80.0.128/25"}}""", "spec.ipv4.cidr", "overlaps")]
    [InlineData("""{"ipv4":{"cidr":"10.81.0.0/24"},"dhcp":{"leaseSeconds":5}}""", "spec.dhcp.leaseSeconds", "60")]
    public async Task Subnet_that_cannot_be_is_refused_at_apply_with_field_and_value(string spec, string field, string word)
    {
        var refusal = await lab.RefusalOfAsync(
            """{"apiVersion":"fabric.vmnet.io/v1alpha1","kind":"Subnet","metadata":{"name":"bad"},"spec":""" + spec + "}");
        Assert.Contains(field, refusal, StringComparison.Ordinal);
        Assert.Contains(word, refusal, StringComparison.Ordinal);
        Assert.DoesNotContain("bad", await lab.RunAsync("get", "subnets", "-o", "name"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Range_of_a_subnet_may_grow_but_not_lose_an_address_in_use()
    {
        await lab.ApplyAsync("""{"apiVersion":"fabric.vmnet.io/v1alpha1","kind":"Subnet","metadata":{"name":"narrow"},"spec":{"ipv4":{"cidr":"10.84.0.0/25"}}}""");
        await lab.ApplyAsync(SharedLab.PodManifest("narrow", subnet: "narrow"));
        try
        {
            await lab.WaitReadyAsync("pod/narrow");
            var result = await lab.Kubectl.TryRunAsync(
                TestContext.Current.CancellationToken, "patch", "subnet", "narrow", "--type", "merge", "-p", """{"spec":{"ipv4":{"cidr":"10.84.0.64/26"}}}""");
            Assert.NotEqual(0, result.ExitCode);
            Assert.Contains("is in use by Nic", result.Error, StringComparison.Ordinal);
            await lab.RunAsync("patch", "subnet", "narrow", "--type", "merge", "-p", """{"spec":{"ipv4":{"cidr":"10.84.0.0/24"}}}""");
        }
        finally
        {
            await lab.RunAsync("delete", "pod", "narrow", "--timeout=50s");
            await lab.RunAsync("delete", "subnet", "narrow", "--ignore-not-found", "--timeout=50s");
        }
    }

    [Fact]
    public async Task Pod_in_an_unknown_subnet_says_so_and_starts_when_the_subnet_comes()
    {
        await lab.ApplyAsync(SharedLab.PodManifest("lost", subnet: "nowhere"));
        try
        {
            await SharedLab.UntilAsync("the Nic names the missing subnet", async () =>
                (await lab.RunAsync("get", "nic", "-o", "wide")).Contains("SubnetNotFound", StringComparison.Ordinal));
            await lab.ApplyAsync("""{"apiVersion":"fabric.vmnet.io/v1alpha1","kind":"Subnet","metadata":{"name":"nowhere"},"spec":{"ipv4":{"cidr":"10.83.0.0/24"}}}""");
            await lab.WaitReadyAsync("pod/lost");
        }
        finally
        {
            await lab.RunAsync("delete", "pod", "lost", "--timeout=50s");
            await lab.RunAsync("delete", "subnet", "nowhere", "--ignore-not-found", "--timeout=50s");
        }
    }

    [Fact]
    public async Task Exhausted_subnet_refuses_the_second_pod_and_grants_it_when_the_first_goes()
    {
        await lab.ApplyAsync("""{"apiVersion":"fabric.vmnet.io/v1alpha1","kind":"Subnet","metadata":{"name":"tiny"},"spec":{"ipv4":{"cidr":"10.90.0.0/30"}}}""");
        try
        {
            await lab.ApplyAsync(SharedLab.PodManifest("first", subnet: "tiny"));
            await lab.WaitReadyAsync("pod/first");
            await lab.ApplyAsync(SharedLab.PodManifest("second", subnet: "tiny"));
            await SharedLab.UntilAsync("the second pod's events say that the subnet is exhausted", async () =>
                (await lab.RunAsync("get", "events", "--field-selector", "involvedObject.name=second")).Contains("exhausted", StringComparison.OrdinalIgnoreCase));
            await lab.RunAsync("delete", "pod", "first", "--timeout=50s");
            await lab.WaitReadyAsync("pod/second");
        }
        finally
        {
            await lab.RunAsync("delete", "pod", "first", "second", "--ignore-not-found", "--timeout=50s");
            await lab.RunAsync("delete", "subnet", "tiny", "--timeout=50s");
        }
    }

    [Fact]
    public async Task MAC_that_is_taken_is_refused_with_the_other_owners_name()
    {
        static string Vm(string name) => """
            {"apiVersion":"kubevirt.io/v1","kind":"VirtualMachine","metadata":{"name":"NAME","namespace":"default"},
             "spec":{"runStrategy":"Halted","template":{"spec":{"networks":[{"name":"lan","pod":{}}],
              "domain":{"devices":{"interfaces":[{"name":"lan","bridge":{},"macAddress":"02:00:00:00:aa:01"}]}}}}}}
            """.Replace("NAME", name, StringComparison.Ordinal);
        await lab.ApplyAsync(Vm("owner"));
        await lab.WaitReadyAsync("nic/vm.owner.lan");
        await lab.ApplyAsync(Vm("thief"));
        try
        {
            await SharedLab.UntilAsync("the second VM's Nic names the first", async () =>
            {
                var conditions = (await lab.JsonAsync("get", "nics"))["items"]!.AsArray()
                    .FirstOrDefault(nic => (string?)nic!["metadata"]!["name"] == "vm.thief.lan")?["status"]?["conditions"]?[0];
                return (string?)conditions?["reason"] == "MacTaken" && ((string)conditions["message"]!).Contains("owner", StringComparison.Ordinal);
            });
        }
        finally
        {
            await lab.RunAsync("delete", "vm", "owner", "thief", "--timeout=50s");
        }
    }
}
