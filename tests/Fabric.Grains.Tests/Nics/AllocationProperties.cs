using System.Text.Json.Nodes;
using Fabric.Grains.Nics;
using Fabric.Grains.Runtime;
using Fabric.Grains.StaticIPs;
using Fabric.Grains.Subnets;
using Fabric.Grains.Tests.Testing;
using Fabric.Grains.Vpcs;
using Fabric.Primitives;
using Fabric.Resources;
using Fabric.Resources.Core;

namespace Fabric.Grains.Tests.Nics;

/// <summary>
/// Several control planes that all believe that they own everything, over a network that loses requests and answers, killed at any
/// instant: no address is ever held twice, and one reconcile by a healthy one leaves nothing over.
/// </summary>
public sealed class AllocationProperties
{
    private const int Planes = 3;
    private const int Nics = 24;

    private readonly MemoryStore _store = new();
    private readonly RecordingRealizer _realizer = new();
    private readonly List<string> _violations = [];
    private readonly Dictionary<string, string?> _claims = [];
    private readonly Dictionary<ObjectKey, (string Claim, string Uid)> _held = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(10)]
    [InlineData(11)]
    [InlineData(12)]
    public async Task No_address_is_held_twice_and_none_leaks(int seed)
    {
        // 29 addresses for 24 Nics, some of which ask for the same ones: it gets tight.
        await using (var first = NewPlane(_store))
        {
            _store.Put(ResourceTypes.Vpcs, new Vpc { Metadata = new ObjectMeta { Name = "default" } });
            _store.Put(ResourceTypes.Subnets, new Subnet { Metadata = new ObjectMeta { Name = "s" }, Spec = new SubnetSpec { Ipv4 = new SubnetRange { Cidr = IpPrefix.Parse("10.0.0.0/27") } } });
            await first.GetGrain<IVpcGrain>(new ObjectKey("default")).ReconcileAsync(Token);
            await first.GetGrain<ISubnetGrain>(new ObjectKey("s")).ReconcileAsync(Token);
        }
        _store.AfterWrite = CheckInvariant;

        await Task.WhenAll(Enumerable.Range(0, Planes).Select(plane => RunPlaneAsync(seed * 100 + plane)));
        Assert.Empty(_violations);

        await using var healthy = NewPlane(_store);
        await Sweep.RunAsync(healthy, _store, Token);
        foreach (var kept in _store.List(ResourceTypes.StaticIPs))
            await healthy.GetGrain<IStaticIPGrain>(ResourceTypes.StaticIPs.KeyOf(kept)).ReconcileAsync(Token);
        foreach (var nic in _store.List(ResourceTypes.Nics))
            await healthy.GetGrain<INicGrain>(ResourceTypes.Nics.KeyOf(nic)).ReconcileAsync(Token);

        Assert.Empty(_violations);
        var living = _store.List(ResourceTypes.Nics);
        Assert.DoesNotContain(living, nic => nic.Metadata.IsDeleting);
        Assert.Equal(
            living.Where(nic => nic.Status is { Addresses.IsEmpty: false }).Select(nic => (nic.Address(), nic.Metadata.Uid)).Order(),
            _store.List(ResourceTypes.IPClaims).Where(claim => claim.Spec.Owner is not null).Select(claim => (claim.Spec.Address.ToString(), (string?)claim.Spec.Owner!.Uid)).Order());
        var keepers = _store.List(ResourceTypes.StaticIPs).ToDictionary(kept => kept.Metadata.Uid!, kept => kept.Spec.Addresses);
        Assert.All(_store.List(ResourceTypes.IPClaims).Where(claim => claim.Spec.Reservation is not null), claim => Assert.Contains(claim.Spec.Address, keepers[claim.Spec.Reservation!.Uid]));
        Assert.All(_store.List(ResourceTypes.IPClaims), claim => Assert.False(claim.Spec is { Owner: null, Reservation: null }));
        var owners = _store.List(ResourceTypes.MacClaims).Select(claim => claim.Spec.Owner!.Uid).ToArray();
        Assert.Equal(owners.Length, owners.Distinct().Count());
        Assert.Subset(living.Select(nic => nic.Metadata.Uid!).ToHashSet(), owners.ToHashSet());
        // A Nic is unready only for a reason that holds: somebody else has what it asks for.
        Assert.All(living.Where(nic => !nic.Ready().IsTrue), nic => Assert.Contains(nic.Ready().Reason, (string[])["AddressTaken", "SubnetExhausted", "StaticIPExhausted"]));
    }

    private async Task RunPlaneAsync(int seed)
    {
        var random = new Random(seed);
        for (var life = 0; life < 4; life++)
        {
            var store = new FlakyStore(_store, random.Next(), loss: 0.04);
            var plane = NewPlane(store);
            var steps = Enumerable.Range(0, 4).Select(worker => WorkAsync(plane, new Random(random.Next()), steps: 30)).ToArray();
            // Killed in the middle of whatever it does, or at the end of its work.
            await Task.WhenAny([.. steps, KillAsync(store, random.Next(50, 800))]);
            store.Kill();
            await Task.WhenAll(steps);
            await plane.DisposeAsync();
        }
    }

    private static async Task KillAsync(FlakyStore store, int yields)
    {
        for (var i = 0; i < yields; i++)
            await Task.Yield();
        store.Kill();
    }

    private async Task WorkAsync(GrainRuntime plane, Random random, int steps)
    {
        for (var step = 0; step < steps; step++)
        {
            var key = new ObjectKey("a", $"nic{random.Next(Nics)}");
            try
            {
                await UserActsAsync(random, key);
                if (random.Next(4) == 0)
                    await KeepAsync(plane, random);
                await plane.GetGrain<INicGrain>(key).ReconcileAsync(Token);
                if (random.Next(20) == 0)
                    await plane.GetGrain<ISubnetGrain>(new ObjectKey("s")).SweepAsync(Token);
            }
            catch (Exception e) when (e is IOException or StaleStateException)
            {
                // The work queue would come again; here another plane or the next step does.
            }
        }
    }

    /// <summary>StaticIPs by name and for a group come, change and go.</summary>
    private async Task KeepAsync(GrainRuntime plane, Random random)
    {
        var key = new ObjectKey("a", $"kept{random.Next(4)}");
        var kept = await _store.GetAsync(ResourceTypes.StaticIPs, key, Token);
        EquatableArray<IpAddress> addresses = [IpAddress.Parse($"10.0.0.{random.Next(2, 31)}")];
        var target = key.Name == "kept0" ? null : new StaticIPTarget { Kind = NicOwnerKind.Pod, Name = $"nic{random.Next(Nics)}" };
        var spec = new StaticIPSpec { Subnet = "s", Addresses = addresses, Target = target, Selector = target is null ? new LabelSelector { MatchLabels = [KeyValuePair.Create("app", "db")] } : null };
        if (kept is null)
            await _store.CreateAsync(ResourceTypes.StaticIPs, new StaticIP { Metadata = new ObjectMeta { Namespace = "a", Name = key.Name }, Spec = spec }, Token);
        else if (random.Next(3) == 0)
            await _store.DeleteAsync(ResourceTypes.StaticIPs, key, kept.Metadata.Uid!, Token);
        else if (random.Next(2) == 0)
            await _store.UpdateAsync(ResourceTypes.StaticIPs, kept with { Spec = spec }, Token);
        await plane.GetGrain<IStaticIPGrain>(key).ReconcileAsync(Token);
    }

    private async Task UserActsAsync(Random random, ObjectKey key)
    {
        var nic = await _store.GetAsync(ResourceTypes.Nics, key, Token);
        var address = random.Next(3) == 0 ? $"10.0.0.{random.Next(2, 31)}" : null;
        if (nic is null)
        {
            var made = World.NewNic(key.Name, "s", address);
            await _store.CreateAsync(ResourceTypes.Nics, random.Next(4) == 0 ? made with { Metadata = made.Metadata with { Labels = [KeyValuePair.Create("app", "db")] } } : made, Token);
        }
        else if (random.Next(6) == 0)
            await _store.DeleteAsync(ResourceTypes.Nics, key, nic.Metadata.Uid!, Token);
        else if (random.Next(4) == 0)
            await _store.UpdateAsync(ResourceTypes.Nics, nic with { Spec = nic.Spec with { Addresses = address is null ? [] : [IpAddress.Parse(address)] } }, Token);
    }

    /// <summary>After every single write: what a living Nic says that it has, it alone has, and it has claimed it.</summary>
    private void CheckInvariant(string plural, ObjectKey key, JsonObject? stored)
    {
        if (plural == ResourceTypes.IPClaims.Plural)
        {
            if (stored is null)
                _claims.Remove(key.Name);
            else
                _claims[key.Name] = (string?)stored["spec"]!["owner"]?["uid"];
        }
        else if (plural == ResourceTypes.Nics.Plural)
        {
            var living = stored is not null && stored["metadata"]!["deletionTimestamp"] is null;
            var address = living ? (string?)(stored!["status"]?["addresses"] as JsonArray)?.FirstOrDefault() : null;
            _held.Remove(key);
            if (address is not null)
                _held[key] = (IPClaim.NameOf("s", IpInterfaceAddress.Parse(address).Address), (string)stored!["metadata"]!["uid"]!);
        }
        foreach (var twice in _held.GroupBy(entry => entry.Value.Claim).Where(group => group.Count() > 1))
            _violations.Add($"{twice.Key} is held by {string.Join(" and ", twice.Select(entry => entry.Key.Name))}");
        foreach (var (nic, (claim, uid)) in _held)
        {
            if (_claims.GetValueOrDefault(claim) != uid)
                _violations.Add($"{claim} of {nic} ({uid}) is claimed by {_claims.GetValueOrDefault(claim) ?? "nobody"}");
        }
    }

    private GrainRuntime NewPlane(Storage.IObjectStore store) => FabricGrains.CreateRuntime(store, _realizer, new Silence());

    private sealed class Silence : Events.IEventSink
    {
        public void Normal(ObjectReference about, string reason, string message)
        {
        }

        public void Warning(ObjectReference about, string reason, string message)
        {
        }
    }
}
