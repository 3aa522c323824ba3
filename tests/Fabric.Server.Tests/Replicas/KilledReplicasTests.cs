using Fabric.Kube;
using Fabric.Resources;
using Ovs.Northbound;
using Ovs.Ovsdb;
using Ovs.Ovsdb.Tests.Servers;

namespace Fabric.Server.Tests.Replicas;

/// <summary>
/// The claim that replicas may die and answers may be lost at any moment: nothing is ever held twice, nothing is lost, nothing is left
/// behind.
/// </summary>
[Trait("kind", "ovs")]
public sealed class KilledReplicasTests : IAsyncLifetime
{
    private const int Rounds = 24;

    private static readonly string[] Subnets = ["blue", "green", "red"];

    private readonly Random _random = new(20261121);
    private readonly Dictionary<string, string> _pods = [];
    private ReplicaSet _set = null!;
    private CuttingProxy _proxy = null!;
    private int _podNumber;
    private int _replicaNumber;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _set = await ReplicaSet.StartAsync();
        _proxy = new CuttingProxy(_set.Endpoint, seed: 7, loss: 0.03);
        _set.ConnectThrough(_proxy.Port);
    }

    public async ValueTask DisposeAsync()
    {
        await _set.DisposeAsync();
        await _proxy.DisposeAsync();
    }

    [Fact]
    public async Task Three_replicas_that_are_killed_and_lose_answers_hold_nothing_twice_and_leave_nothing_behind()
    {
        await using var history = await History.BeginAsync(_set.Client);
        await _set.AddSubnetAsync("blue", "10.1.0.0/26");
        await _set.AddSubnetAsync("green", "10.2.0.0/24");
        await _set.AddSubnetAsync("red", "10.3.0.0/24", "fd00:3::/64");
        StartMissing();
        await _set.HoldsAsync(async () => (await _set.MembersAsync()).Length == 3);

        _proxy.IsCutting = true;
        for (var round = 0; round < Rounds; round++)
        {
            await UserActsAsync();
            await SomebodySpoilsAsync();
            // At any moment of the work.
            await SomethingHappensAsync(history, _random.Next(40));
            if (round % 3 == 2)
            {
                KillSome();
            }
        }

        _proxy.IsCutting = false;
        StartMissing();
        await _set.HoldsAsync(async () =>
            (await Task.WhenAll(_pods.Keys.Select(_set.HasReadyNicAsync))).All(isReady => isReady)
            && (await _set.Nics.ListAsync(ListOptions.All, Token)).Items.Count == _pods.Count);
        await _set.HoldsAsync(async () => (await UnusedClaimsAsync()).Length == 0);
        await _set.PortsSettleAsync();
        Assert.True(_set.ForeignRowsAreUntouched);
        Assert.All(_set.Running, replica => Assert.Empty(replica.Complaints));
        TestContext.Current.TestOutputHelper!.WriteLine($"{_podNumber} pods, {_pods.Count} left, {_replicaNumber} replicas, {_proxy.Cuts} answers lost, {history.Count} changes");
        Assert.True(_proxy.Cuts > 0);
        Assert.Empty(await history.EndAsync());
    }

    private async Task UserActsAsync()
    {
        for (var act = 0; act < 6; act++)
        {
            if (_pods.Count > 10 && _random.Next(4) == 0)
            {
                var victim = _pods.Keys.Order(StringComparer.Ordinal).ElementAt(_random.Next(_pods.Count));
                _pods.Remove(victim);
                await _set.DeletePodAsync(victim);
                continue;
            }

            var (name, subnet) = ($"p{_podNumber++}", Subnets[_random.Next(Subnets.Length)]);
            _pods.Add(name, subnet);
            await _set.AddPodAsync(name, subnet, [.. _random.Next(4) == 0 ? Wishes(subnet) : []]);
        }
    }

    /// <summary>What is wished for is high up in the Subnet, where nothing is chosen unasked as long as so few are there.</summary>
    private IEnumerable<(string Name, string Value)> Wishes(string subnet)
    {
        if (subnet == "green")
        {
            yield return (FabricApi.AddressesAnnotation, $"10.2.0.{254 - _podNumber}");
        }

        yield return (FabricApi.MacAddressAnnotation, $"02:00:00:00:01:{_podNumber:x2}");
    }

    /// <summary>Changes a row of ours in OVN by hand.</summary>
    private async Task SomebodySpoilsAsync()
    {
        if (_pods.Count > 0 && _set.Port(_pods.Keys.ElementAt(_random.Next(_pods.Count))) is { } port)
        {
            await _set.Northbound.TransactAsync(Row.Update<LogicalSwitchPort>(port.Uuid, LogicalSwitchPort.Columns.Addresses.Value([])));
        }
    }

    /// <summary>Kills one or two, and starts others in their place.</summary>
    private void KillSome()
    {
        for (var victims = _random.Next(4) == 0 ? 2 : 1; victims > 0; victims--)
        {
            _set.Kill(_set.Running.ElementAt(_random.Next(_set.Running.Count)));
        }

        StartMissing();
    }

    /// <summary>Some come back under a name that they had before and find their own lease, others under a new one.</summary>
    private void StartMissing()
    {
        while (_set.Running.Count < 3)
        {
            var returning = Enumerable.Range(0, 3).Select(i => $"again{i}").First(name => _set.Running.All(replica => replica.Identity != name));
            _replicaNumber++;
            _set.Start(_random.Next(2) == 0 ? returning : $"new{_replicaNumber}");
        }
    }

    /// <summary>Waits until as many objects have changed, or all that could has.</summary>
    private static async Task SomethingHappensAsync(History history, int changes)
    {
        var (before, since) = (history.Count, TimeProvider.System.GetTimestamp());
        while (history.Count < before + changes && TimeProvider.System.GetElapsedTime(since) < TimeSpan.FromSeconds(1))
        {
            await Task.Delay(10, Token);
        }
    }

    private async Task<string[]> UnusedClaimsAsync()
    {
        var nics = (await _set.Nics.ListAsync(ListOptions.All, Token)).Items.ToDictionary(nic => nic.Metadata.Uid!, nic => nic.Status!);
        var addresses = await _set.Client.Resource(ResourceTypes.IPClaims).ListAsync(ListOptions.All, Token);
        var macs = await _set.Client.Resource(ResourceTypes.MacClaims).ListAsync(ListOptions.All, Token);
        return
        [
            .. addresses.Items
                .Where(claim => nics.GetValueOrDefault(claim.Spec.Owner!.Uid)?.Addresses.Any(address => address.Address == claim.Spec.Address) != true)
                .Select(claim => claim.Metadata.Name!),
            .. macs.Items.Where(claim => nics.GetValueOrDefault(claim.Spec.Owner!.Uid)?.MacAddress != claim.Spec.MacAddress).Select(claim => claim.Metadata.Name!),
        ];
    }
}
