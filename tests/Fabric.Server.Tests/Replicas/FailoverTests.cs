using Fabric.Realization;
using Fabric.Resources;
using Ovs.Northbound;
using Ovs.Ovsdb;
using Ovs.Ovsdb.Tests.Servers;

namespace Fabric.Server.Tests.Replicas;

[Trait("kind", "ovs")]
public sealed class FailoverTests : IAsyncLifetime
{
    private static readonly string[] Identities = ["one", "two", "three"];

    private ReplicaSet _set = null!;

    public async ValueTask InitializeAsync()
    {
        _set = await ReplicaSet.StartAsync();
        foreach (var identity in Identities)
        {
            _set.Start(identity);
        }

        await _set.HoldsAsync(async () => (await _set.MembersAsync()).Length == Identities.Length);
        // Two Subnets for each replica.
        foreach (var (identity, number) in Identities.SelectMany(identity => Enumerable.Range(0, 2).Select(number => (identity, number))))
        {
            await _set.AddSubnetAsync(SubnetOf(identity, number), $"10.{Array.IndexOf(Identities, identity)}.{number}.0/24");
            await _set.AddPodAsync($"{identity}-{number}", SubnetOf(identity, number));
        }

        foreach (var identity in Identities)
        {
            await _set.ReadyNicAsync($"{identity}-0");
            await _set.ReadyNicAsync($"{identity}-1");
        }

        // A Nic may be ready before OVN has told others than who made its port.
        await _set.PortsSettleAsync();
    }

    public ValueTask DisposeAsync() => _set.DisposeAsync();

    private string SubnetOf(string identity, int number) =>
        Enumerable.Range(0, 1000).Select(i => $"net{i}").Where(name => _set.OwnerOf(name).Identity == identity).ElementAt(number);

    private Replica Find(string identity) => _set.Running.Single(replica => replica.Identity == identity);

    private async Task SpoilAsync(string pod) =>
        await _set.Northbound.TransactAsync(Row.Update<LogicalSwitchPort>(_set.Port(pod)!.Uuid, LogicalSwitchPort.Columns.Addresses.Value([])));

    private Task MembersAsync(params string[] members) => _set.HoldsAsync(async () => (await _set.MembersAsync()).SequenceEqual(members));

    private Task HealedAsync(string pod) => _set.HoldsAsync(() => Task.FromResult(_set.Port(pod) is { Addresses.Count: 1 }));

    [Fact]
    public async Task Work_of_a_killed_replica_goes_on_at_the_others_and_so_does_that_of_one_that_is_stopped()
    {
        var (killed, stopped) = (SubnetOf("one", 0), SubnetOf("two", 1));
        _set.Kill(Find("one"));
        var since = TimeProvider.System.GetTimestamp();
        await _set.AddPodAsync("late", killed);
        await _set.ReadyNicAsync("late");
        TestContext.Current.TestOutputHelper!.WriteLine($"ready {TimeProvider.System.GetElapsedTime(since).TotalSeconds:0.0} s after the kill, with a lease of {ReplicaSet.LeaseSeconds} s");
        // One that stood still for long is taken for gone, and comes back.
        await MembersAsync("three", "two");

        _set.Terminate(Find("two"));
        // It has given its lease back, so that nobody waits for it.
        Assert.DoesNotContain("two", await _set.MembersAsync());
        await MembersAsync("three");
        await _set.AddPodAsync("later", stopped);
        await _set.ReadyNicAsync("later");
        await _set.PortsSettleAsync();
        Assert.True(_set.ForeignRowsAreUntouched);
    }

    /// <summary>As by a replica that had begun before it lost the Nic to another, which removed it meanwhile.</summary>
    [Fact]
    public async Task A_row_written_too_late_of_a_Nic_that_is_gone_is_removed()
    {
        var late = new RowIdentity(RowOwner.Nic(new ObjectKey("default", "pod.gone.eth0")), "port");
        var network = _set.Northbound.Snapshot.Table<LogicalSwitch>().First(row => RowIdentity.Read(row.ExternalIds) is not null);
        var seen = _set.Northbound.Replica.WaitUntilAsync(snapshot => snapshot.Table<LogicalSwitchPort>().FindByName("default/pod.gone.eth0"), TestContext.Current.CancellationToken);

        await _set.Northbound.TransactAsync(
            Row.Insert(new LogicalSwitchPort { Name = "default/pod.gone.eth0", ExternalIds = late.ToExternalIds() }, "late"),
            Row.Mutate<LogicalSwitch>(network.Uuid, LogicalSwitch.Columns.Ports.Insert([RowId.Named("late")])));

        await seen;
        await _set.PortsSettleAsync();
        Assert.True(_set.ForeignRowsAreUntouched);
    }

    [Fact]
    public async Task Rows_changed_by_hand_are_healed_by_whoever_has_them_and_by_the_heir_after()
    {
        foreach (var identity in Identities)
        {
            await SpoilAsync($"{identity}-0");
            await HealedAsync($"{identity}-0");
        }

        _set.Kill(Find("three"));
        await _set.HoldsAsync(async () => !(await _set.MembersAsync()).Contains("three"));
        await SpoilAsync("three-1");
        await HealedAsync("three-1");
        // One that comes back takes over what was its, and the heirs let go of it.
        _set.Start("three");
        await _set.HoldsAsync(async () => (await _set.MembersAsync()).Contains("three"));
        await _set.AddPodAsync("new", SubnetOf("three", 1));
        await _set.ReadyNicAsync("new");
        await SpoilAsync("three-1");
        await HealedAsync("three-1");
        await _set.PortsSettleAsync();
        Assert.True(_set.ForeignRowsAreUntouched);
    }
}
