using Fabric.Primitives;
using Fabric.Resources;
using Lab.Cluster.Bindings;
using Lab.Cluster.Guests;
using Vmnet.KubeVirt;

namespace Lab.Cluster.Tests.Cluster;

/// <summary>Guests in memory, which come up at once unless told otherwise, and their bindings.</summary>
internal sealed class MemoryGuests : IGuests, IBindings
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Guest> _guests = [];
    private Action<ObjectKey>? _changed;

    public bool ComesUp { get; set; } = true;

    public bool HearsPowerButton { get; set; } = true;

    public List<GuestWish> Started { get; } = [];

    public List<VmNic> Bound { get; } = [];

    /// <summary>Guests on their way: a test says what becomes of them.</summary>
    public Dictionary<Handover, HandoverPhase> Handovers { get; } = [];

    public IReadOnlyList<Guest> All
    {
        get
        {
            lock (_gate)
                return [.. _guests.Values];
        }
    }

    public Task<IReadOnlyList<Guest>> ListAsync(CancellationToken cancellationToken) => Task.FromResult(All);

    public Task StartAsync(GuestWish wish, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_guests.ContainsKey(wish.Uid))
                return Task.CompletedTask;
            Started.Add(wish);
            _guests[wish.Uid] = new Guest { Uid = wish.Uid, Key = wish.Key, Phase = ComesUp ? GuestPhase.Up : GuestPhase.Booting, StartedAt = DateTimeOffset.UtcNow };
        }
        _changed?.Invoke(wish.Key);
        return Task.CompletedTask;
    }

    public Task PowerDownAsync(string uid, CancellationToken cancellationToken)
    {
        if (HearsPowerButton)
            End(uid, GuestPhase.ShutDown);
        return Task.CompletedTask;
    }

    public Task KillAsync(string uid, CancellationToken cancellationToken)
    {
        Guest? gone;
        lock (_gate)
            _guests.Remove(uid, out gone);
        if (gone is not null)
            _changed?.Invoke(gone.Key);
        return Task.CompletedTask;
    }

    public Task BeginHandoverAsync(Handover handover, CancellationToken cancellationToken)
    {
        lock (_gate)
            Handovers[handover] = HandoverPhase.Active;
        return Task.CompletedTask;
    }

    public Task<HandoverProgress> ReadHandoverAsync(Handover handover, CancellationToken cancellationToken)
    {
        lock (_gate)
            return Task.FromResult(new HandoverProgress(Handovers.GetValueOrDefault(handover), "as a test says"));
    }

    public Task CancelHandoverAsync(Handover handover, CancellationToken cancellationToken)
    {
        lock (_gate)
            Handovers[handover] = HandoverPhase.Failed;
        return Task.CompletedTask;
    }

    public IDisposable Subscribe(Action<ObjectKey> changed)
    {
        _changed = changed;
        return new Nothing();
    }

    public Task<GuestNic> BindAsync(Launcher launcher, VmNic nic, EquatableArray<VmPort> ports, CancellationToken cancellationToken)
    {
        lock (_gate)
            Bound.Add(nic);
        return Task.FromResult(new GuestNic("tap0", MacAddress.Parse("02:00:00:00:00:07")));
    }

    /// <summary>Lets a guest end by itself.</summary>
    public void End(string uid, GuestPhase phase)
    {
        Guest ended;
        lock (_gate)
        {
            if (!_guests.TryGetValue(uid, out var guest))
                return;
            _guests[uid] = ended = guest with { Phase = phase, End = phase == GuestPhase.Crashed ? "a test ended it" : null };
        }
        _changed?.Invoke(ended.Key);
    }

    private sealed class Nothing : IDisposable
    {
        public void Dispose()
        {
            // The players end together with the guests.
        }
    }
}
