using Fabric.Server.Sharing;

namespace Fabric.Server.Tests.Sharing;

public sealed class ShareGateTests
{
    private static readonly Share Some = new("a", "1", ["a"]);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Work_waits_until_the_gate_opens_and_is_asked_to_stop_when_it_closes()
    {
        using var gate = new ShareGate();
        var entering = gate.EnterAsync(Token);
        Assert.False(entering.IsCompleted);
        gate.Open(Some);
        var closing = await entering;
        Assert.Equal(Some, gate.Share);

        gate.Open(Some with { Term = "2" });
        Assert.False(closing.IsCancellationRequested);
        gate.Close();
        gate.Close();
        Assert.True(closing.IsCancellationRequested);

        var again = gate.EnterAsync(Token);
        Assert.False(again.IsCompleted);
        gate.Open(Some);
        Assert.False((await again).IsCancellationRequested);
    }

    [Fact]
    public async Task Who_waits_in_vain_can_give_up()
    {
        using var gate = new ShareGate();
        using var patience = new CancellationTokenSource();
        var entering = gate.EnterAsync(patience.Token);
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => entering);
    }
}
