using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Server.Tests.Replicas;

/// <summary>That the check by which others stand or fall does find what is wrong.</summary>
[Trait("kind", "ovs")]
public sealed class HistoryTests : IAsyncLifetime
{
    private ReplicaSet _set = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _set = await ReplicaSet.StartAsync();

    public ValueTask DisposeAsync() => _set.DisposeAsync();

    [Fact]
    public async Task What_was_wrong_for_a_moment_is_found()
    {
        await using var history = await History.BeginAsync(_set.Client);
        await _set.AddSubnetAsync("blue", "10.1.0.0/24");
        var a = await UseAsync("a", "10.1.0.2");
        var claims = _set.Client.Resource(ResourceTypes.IPClaims);
        var claim = new IPClaim
        {
            Metadata = new ObjectMeta { Name = IPClaim.NameOf("blue", IpAddress.Parse("10.1.0.2")) },
            Spec = new IPClaimSpec { Subnet = "blue", Address = IpAddress.Parse("10.1.0.2"), Owner = new ClaimOwner { Namespace = "default", Name = "a", Uid = a.Metadata.Uid! } },
        };
        await claims.CreateAsync(claim, Token);
        var b = await UseAsync("b", "10.1.0.2");
        await _set.Nics.DeleteAsync(ResourceTypes.Nics.KeyOf(b), null, Token);
        await _set.HoldsAsync(() => Task.FromResult(history.Count == 6));

        var wrongs = await history.EndAsync();
        Assert.Equal(2, wrongs.Count);
        Assert.EndsWith("blue.10-1-0-2 is used by a, which has not claimed it", wrongs[0], StringComparison.Ordinal);
        Assert.EndsWith("blue.10-1-0-2 is used by a and b", wrongs[1], StringComparison.Ordinal);
    }

    private async Task<Nic> UseAsync(string name, string address)
    {
        var nic = await _set.Nics.CreateAsync(
            new Nic
            {
                Metadata = new ObjectMeta { Name = name, Namespace = "default" },
                Spec = new NicSpec { Subnet = "blue", Owner = new NicOwner { Kind = NicOwnerKind.Pod, Name = name, Uid = "u" }, Interface = "eth0" },
            },
            Token);
        return await _set.Nics.UpdateStatusAsync(nic with { Status = new NicStatus { Addresses = [IpInterfaceAddress.Parse($"{address}/24")] } }, Token);
    }
}
