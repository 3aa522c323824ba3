using Fabric.Resources;
using Ovs.Northbound;
using Ovs.Ovsdb;
using Ovs.Ovsdb.Tests.Servers;

namespace Fabric.Realization.Tests;

/// <summary>Several realizers on one database, each for other objects.</summary>
[Trait("kind", "ovs")]
public sealed class SharedDatabaseTests : IAsyncLifetime
{
    private static readonly Vpc V = Objects.Vpc("v");

    private static readonly Subnet A = Objects.Subnet("a", "10.0.1.0/24");

    private static readonly Nic N = Objects.Nic("pod.n.eth0", "a", "10.0.1.5/24", "0a:58:00:00:00:05");

    private static readonly Nic M = Objects.Nic("pod.m.eth0", "a", "10.0.1.6/24", "0a:58:00:00:00:06");

    private RealizerFixture _nb = null!;

    private static RowOwner OwnerOf(Nic nic) => RowOwner.Nic(ResourceTypes.Nics.KeyOf(nic));

    public async ValueTask InitializeAsync()
    {
        _nb = await RealizerFixture.StartAsync();
        await _nb.ApplyAllAsync(V, A, N, M);
        await _nb.Other.Replica.WaitUntilAsync(_ => Port(N) is not null && Port(M) is not null, RealizerFixture.Deadline);
    }

    public ValueTask DisposeAsync() => _nb.DisposeAsync();

    private LogicalSwitchPort? Port(Nic nic) => _nb.Other.Snapshot.Table<LogicalSwitchPort>().FindByName($"ns/{nic.Metadata.Name}");

    private async Task UnsetAsync(params Nic[] nics) => await _nb.Other.TransactAsync(
        [.. nics.Select(nic => Row.Update<LogicalSwitchPort>(Port(nic)!.Uuid, LogicalSwitchPort.Columns.Addresses.Value([])))]);

    [Fact]
    public async Task Rows_of_a_forgotten_object_stay_and_are_healed_no_more()
    {
        _nb.Realizer.Forget(OwnerOf(N));
        await UnsetAsync(N, M);
        // Both changes came at once and are looked at together.
        await _nb.Other.Replica.WaitUntilAsync(_ => Port(M)!.Addresses.Count > 0, RealizerFixture.Deadline);
        Assert.Empty(Port(N)!.Addresses);

        await _nb.ApplyAllAsync(N);
        await _nb.Other.Replica.WaitUntilAsync(_ => Port(N)!.Addresses.Count > 0, RealizerFixture.Deadline);
    }

    [Fact]
    public async Task Who_waits_for_a_forgotten_object_is_told()
    {
        await _nb.Server.StopAsync();
        var applying = _nb.ApplyAsync(N with { Status = N.Status! with { Node = "node2" } });
        _nb.Realizer.Forget(OwnerOf(N));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => applying);
        await _nb.Server.StartAsync();
    }

    [Fact]
    public async Task A_paused_realizer_writes_nothing_and_makes_up_for_it_afterwards()
    {
        _nb.Realizer.Pause();
        _nb.Realizer.Pause();
        await UnsetAsync(N);
        var applying = _nb.ApplyAsync(M with { Status = M.Status! with { Node = "node2" } });
        await _nb.Other.Replica.WaitUntilAsync(_ => Port(N)!.Addresses.Count == 0, RealizerFixture.Deadline);
        Assert.False(applying.IsCompleted);

        _nb.Realizer.Resume();
        Assert.Equal(new RealizationOutcome.Realized(IsChanged: true), await applying);
        await _nb.Other.Replica.WaitUntilAsync(_ => Port(N)!.Addresses.Count > 0, RealizerFixture.Deadline);
    }

    [Fact]
    public async Task A_sweep_leaves_the_rows_of_objects_that_exist_and_that_others_realize()
    {
        await _nb.RestartRealizerAsync();
        await _nb.ApplyAllAsync(V);
        var asked = new List<RowOwner>();
        var swept = await _nb.Realizer.SweepAsync(
            (owner, _) =>
            {
                asked.Add(owner);
                return ValueTask.FromResult(owner != OwnerOf(M));
            },
            RealizerFixture.Deadline);
        Assert.Equal([OwnerOf(M)], swept);
        Assert.Equal([RowOwner.Subnet("a"), OwnerOf(M), OwnerOf(N)], asked.Order(Comparer<RowOwner>.Create((x, y) => (x.Kind, x.Key).CompareTo((y.Kind, y.Key)))));
        await _nb.Other.Replica.WaitUntilAsync(_ => Port(M) is null && Port(N) is not null, RealizerFixture.Deadline);
    }
}
