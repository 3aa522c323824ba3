using System.Text.Json;
using Cni.Agent.Journal;
using Cni.Agent.Requests;
using Cni.Agent.Serving;
using Cni.Protocol;

namespace Cni.Agent.Tests.Requests;

public sealed class CheckRequestTests
{
    private static readonly AttachmentRecord Record = new()
    {
        ContainerId = "c1",
        Interface = "eth0",
        Netns = "/n",
        Step = AttachmentStep.Finished,
        NicNamespace = "shop",
        NicName = "pod.web.eth0",
        PodName = "web",
        PodUid = "u1",
        Result = new CniResult
        {
            Interfaces = [new CniInterface { Name = "fb01" }, new CniInterface { Name = "eth0", Mac = "02:00:00:00:00:05", Sandbox = "/n" }],
            Ips = [new CniAddress { Address = "10.1.0.5/24", Interface = 1 }, new CniAddress { Address = "fd01::5/64", Interface = 1 }],
            Routes = [new CniRoute { Dst = "0.0.0.0/0", Gateway = "10.1.0.1" }],
        },
    };

    [Fact]
    public void Only_what_the_chains_result_still_has_is_looked_for()
    {
        var (expected, fault) = Check("""{"interfaces":[{"name":"eth0","mac":"02:00:00:00:00:05","sandbox":"/n"}],"ips":[{"address":"FD01::5/64","interface":0}]}""");

        Assert.Null(fault);
        Assert.Equal(["fd01::5/64"], expected!.Result!.Ips.Select(ip => ip.Address));
        Assert.Empty(expected.Result.Routes);
    }

    [Fact]
    public void A_MAC_that_OVN_does_not_let_pass_is_a_fault() =>
        Assert.Contains("02:00:00:00:00:77", Check("""{"interfaces":[{"name":"eth0","mac":"02:00:00:00:00:77","sandbox":"/n"}]}""").Fault, StringComparison.Ordinal);

    [Fact]
    public void A_result_of_another_container_is_a_fault() => Assert.Contains("eth0", Check("""{"interfaces":[{"name":"eth1","sandbox":"/n"}]}""").Fault, StringComparison.Ordinal);

    [Fact]
    public void Without_the_chains_result_there_is_nothing_to_compare_with() =>
        Assert.Equal(CniErrorCode.InvalidConfig, Assert.Throws<CniFailure>(() => Check("null")).Code);

    private static (AttachmentRecord? Expected, string? Fault) Check(string result) => CheckRequest.Of(
        new CniRequest { Command = "CHECK", Config = JsonSerializer.Deserialize($$"""{"prevResult":{{result}}}""", CniJson.Default.NetworkConfig)! }, Record);
}
