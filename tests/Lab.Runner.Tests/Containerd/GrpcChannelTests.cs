using Lab.Runner.Containerd;
using Lab.Runner.Containerd.Wire;

namespace Lab.Runner.Tests.Containerd;

public sealed class GrpcChannelTests
{
    [Fact]
    public void A_message_goes_behind_its_length_and_comes_back()
    {
        byte[] frame = GrpcChannel.Frame(new VersionRequest { Version = "v1" });
        Assert.Equal([0, 0, 0, 0, 4, 0x0a, 2, (byte)'v', (byte)'1'], frame);
        Assert.Equal("v1", VersionRequest.Parser.ParseFrom(GrpcChannel.Unframe("m", frame)).Version);
    }

    [Theory]
    [InlineData(new byte[0], "no message")]
    [InlineData(new byte[] { 0, 0, 0 }, "cut short")]
    [InlineData(new byte[] { 1, 0, 0, 0, 0 }, "compressed")]
    [InlineData(new byte[] { 0, 0, 0, 0, 9, 1 }, "claims 9 bytes and has 1")]
    [InlineData(new byte[] { 0, 255, 255, 255, 255 }, "claims 4294967295")]
    public void A_broken_answer_is_refused(byte[] body, string why)
    {
        CriException e = Assert.Throws<CriException>(() => GrpcChannel.Unframe("m", body));
        Assert.Equal(CriStatus.Internal, e.Code);
        Assert.Contains(why, e.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_runtime_that_is_not_there_is_a_transient_fault()
    {
        using var cri = new Cri("/nonexistent/cri.sock");
        CriException e = await Assert.ThrowsAsync<CriException>(() => cri.VersionAsync(TestContext.Current.CancellationToken));
        Assert.Equal((CriStatus.Unavailable, true), (e.Code, e.IsTransient));
    }

    [Fact]
    public void The_network_namespace_is_found_in_what_containerd_tells()
    {
        Assert.Equal("/n", Cri.NetworkNamespace("""{"pid":1,"runtimeSpec":{"linux":{"namespaces":[{"type":"pid"},{"type":"network","path":"/n"}]}}}"""));
        Assert.Null(Cri.NetworkNamespace("""{"runtimeSpec":{"linux":{"namespaces":[{"type":"network"}]}}}"""));
        Assert.Null(Cri.NetworkNamespace("""{"pid":1}"""));
    }
}
