using System.Collections.Concurrent;
using Fabric.Kube;
using Fabric.Kube.Transport;
using Fabric.Resources;

namespace Fabric.Server.Tests.Replicas;

/// <summary>Every version that there ever was of the Nics and claims, in the order in which the API server wrote them.</summary>
internal sealed class History : IAsyncDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentQueue<Change> _changes = new();
    private readonly List<Task> _watching = [];
    private readonly List<Func<Task<bool>>> _haveCaughtUp = [];

    private sealed record Change(long Version, IKubeObject Value, bool IsGone);

    public int Count => _changes.Count;

    public static async Task<History> BeginAsync(KubeClient client)
    {
        var history = new History();
        await history.WatchAsync(client.Resource(ResourceTypes.Nics));
        await history.WatchAsync(client.Resource(ResourceTypes.IPClaims));
        await history.WatchAsync(client.Resource(ResourceTypes.MacClaims));
        return history;
    }

    /// <summary>Ends the watches and plays everything again.</summary>
    /// <returns>What should never have been.</returns>
    public async Task<IReadOnlyList<string>> EndAsync()
    {
        // One watch may be behind another: a Nic would use what was claimed long ago.
        foreach (var hasCaughtUp in _haveCaughtUp)
        {
            await ControlPlane.EventuallyAsync(async () => await hasCaughtUp() ? this : null);
        }

        await _end.CancelAsync();
        await Task.WhenAll(_watching);
        var world = new Holdings();
        foreach (var change in _changes.OrderBy(change => change.Version))
        {
            world.Apply(change.Value, change.IsGone);
        }

        return world.Wrongs;
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await Task.WhenAll(_watching).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _end.Dispose();
    }

    private async Task WatchAsync<T>(KubeResource<T> resource)
        where T : class, IKubeObject
    {
        var list = await resource.ListAsync(ListOptions.All, _end.Token);
        Assert.Empty(list.Items);
        _watching.Add(FollowAsync(resource, list.Metadata.ResourceVersion!));
        _haveCaughtUp.Add(() => HasCaughtUpAsync(resource));
    }

    /// <summary>Whether what the watches have told comes to what there is now.</summary>
    private async Task<bool> HasCaughtUpAsync<T>(KubeResource<T> resource)
        where T : class, IKubeObject
    {
        if (_watching.Find(watch => watch.IsFaulted) is { } broken)
        {
            await broken;
        }

        var there = (await resource.ListAsync(ListOptions.All, _end.Token)).Items.Select(value => (value.Metadata.Uid, value.Metadata.ResourceVersion));
        var told = _changes.Where(change => change.Value is T).GroupBy(change => change.Value.Metadata.Uid, (_, changes) => changes.MaxBy(change => change.Version)!);
        return told.Where(change => !change.IsGone).Select(change => (change.Value.Metadata.Uid, change.Value.Metadata.ResourceVersion)).ToHashSet().SetEquals(there);
    }

    private async Task FollowAsync<T>(KubeResource<T> resource, string version)
        where T : class, IKubeObject
    {
        try
        {
            while (true)
            {
                try
                {
                    await foreach (var change in resource.WatchAsync(ListOptions.All, version, _end.Token))
                    {
                        Assert.NotEqual(WatchEventType.Expired, change.Type);
                        version = change.ResourceVersion;
                        if (change.Value is { } value)
                        {
                            _changes.Enqueue(new Change(long.Parse(version), value, change.Type == WatchEventType.Deleted));
                        }
                    }
                }
                catch (KubeException e) when (e.IsTransient)
                {
                    // The connection broke; the next goes on from where this one was.
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    /// <summary>Who has what at one moment.</summary>
    private sealed class Holdings
    {
        private readonly Dictionary<string, Nic> _nics = [];
        private readonly Dictionary<string, string?> _addresses = [];
        private readonly Dictionary<string, string?> _macs = [];

        public List<string> Wrongs { get; } = [];

        public void Apply(IKubeObject value, bool isGone)
        {
            switch (value)
            {
                case Nic nic:
                    Set(_nics, nic.Metadata.Uid!, nic, isGone);
                    break;
                case IPClaim claim:
                    Set(_addresses, claim.Metadata.Name!, claim.Spec.Owner?.Uid, isGone);
                    break;
                case MacClaim claim:
                    Set(_macs, claim.Metadata.Name!, claim.Spec.Owner?.Uid, isGone);
                    break;
            }

            // One that is going has no port any more when it gives its claims back.
            var alive = _nics.Values.Where(nic => !nic.Metadata.IsDeleting && nic.Status is not null).ToArray();
            var version = value.Metadata.ResourceVersion;
            Check(version, _addresses, alive.SelectMany(nic => nic.Status!.Addresses.Select(address => (IPClaim.NameOf(nic.Spec.Subnet, address.Address), nic))));
            Check(version, _macs, alive.Where(nic => nic.Status!.MacAddress is not null).Select(nic => (MacClaim.NameOf(Vpc.DefaultName, nic.Status!.MacAddress!.Value), nic)));
        }

        private static void Set<T>(Dictionary<string, T> things, string key, T value, bool isGone)
        {
            if (isGone)
            {
                things.Remove(key);
            }
            else
            {
                things[key] = value;
            }
        }

        private void Check(string? version, Dictionary<string, string?> claims, IEnumerable<(string Claim, Nic Nic)> used)
        {
            foreach (var users in used.GroupBy(use => use.Claim, use => use.Nic, StringComparer.Ordinal))
            {
                if (users.Count() > 1)
                {
                    Wrongs.Add($"{version}: {users.Key} is used by {string.Join(" and ", users.Select(nic => nic.Metadata.Name))}");
                }

                if (claims.GetValueOrDefault(users.Key) != users.First().Metadata.Uid)
                {
                    Wrongs.Add($"{version}: {users.Key} is used by {users.First().Metadata.Name}, which has not claimed it");
                }
            }
        }
    }
}
