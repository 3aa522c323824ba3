using System.Threading.Channels;
using Fabric.Kube.Informers;
using Fabric.Kube.Transport;
using Fabric.Primitives;
using Fabric.Resources;
using Fabric.Resources.Core;
using Microsoft.Extensions.Logging;

namespace Fabric.Kube.Leases;

/// <summary>
/// Membership in a group of processes that share work: each holds one <c>coordination.k8s.io/v1</c> Lease, renews it, and watches those
/// of the others.
/// </summary>
/// <remarks>
/// The members are those whose Lease exists, so that all see the same members in the same order, as the API has it. Whoever finds a
/// lease silent removes it, on condition that it is still the version that was seen: one that was renewed unseen stays. A member that
/// is stopped long enough (a frozen virtual machine) may still believe for a moment: what the work writes must be safe against that by
/// itself, as claims are.
/// </remarks>
public sealed class GroupMembership
{
    private const string Label = FabricApi.Group + "/identity";

    private readonly GroupOptions _options;
    private readonly KubeResource<Lease> _leases;
    private readonly Informer<Lease> _watched;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ObjectKey _key;

    // Tells this process from an earlier or another one of the same identity.
    private readonly string _holder;
    private readonly SilentLeases _silent;
    private readonly Channel<bool> _news = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private volatile Renewal? _renewal;

    /// <summary>Prepares to take part.</summary>
    /// <param name="client">A connection of its own, so that a renewal never waits behind other requests.</param>
    /// <param name="options">Which group, and who this process is.</param>
    public GroupMembership(KubeClient client, GroupOptions options)
    {
        _options = options;
        _leases = client.Resource(ResourceTypes.Leases);
        _watched = new Informer<Lease>(client, ResourceTypes.Leases, new ListOptions { Namespace = options.Namespace, Labels = $"{Label}={options.Group}" });
        _time = client.Options.Time;
        _logger = client.Options.Logger;
        _key = new ObjectKey(options.Namespace, options.LeaseName);
        _holder = $"{options.Identity}_{Guid.NewGuid()}";
        _silent = new SilentLeases(_time);
    }

    /// <summary>Joins, tells who the members are whenever that changes, and leaves when cancelled.</summary>
    /// <param name="changed">Told one view after the other, never two at a time; it must return soon and not throw.</param>
    /// <param name="cancellationToken">Has the lease given back, so that the others need not wait.</param>
    /// <exception cref="KubeException">The server does not let this process have a lease; what passes by itself is waited out.</exception>
    /// <exception cref="IdentityTakenException">Another process has joined under this identity.</exception>
    public async Task RunAsync(Action<GroupView> changed, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _watched.Subscribe(_ => _news.Writer.TryWrite(true));
        Task[] work = [_watched.RunAsync(ending.Token), RenewAsync(ending.Token), TellAsync(changed, ending.Token)];
        try
        {
            await await Task.WhenAny(work);
        }
        finally
        {
            await ending.CancelAsync();
            await Task.WhenAll(work).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await LeaveAsync();
        }
    }

    /// <summary>How long our lease counts for us without another renewal.</summary>
    private TimeSpan LeftOf(Renewal? renewal) =>
        renewal is null ? TimeSpan.Zero : _options.RenewDeadline - _time.GetElapsedTime(renewal.AskedAt);

    private async Task TellAsync(Action<GroupView> changed, CancellationToken cancellationToken)
    {
        await _watched.WaitForSyncAsync(cancellationToken);
        GroupView? told = null;
        while (true)
        {
            var renewal = _renewal;
            var view = new GroupView(LeftOf(renewal) > TimeSpan.Zero, renewal?.Lease.Metadata.Uid ?? "", Members());
            if (renewal is not null && view != told)
                changed(told = view);
            await WaitForNewsAsync(view.IsMember, cancellationToken);
        }
    }

    /// <summary>Others as the API has them; this process as it knows itself, since its own news may take longer to come back.</summary>
    private EquatableArray<string> Members() =>
    [
        .. _watched.List()
            .Select(lease => lease.Metadata.Name!)
            .Where(name => name.StartsWith($"{_options.Group}-", StringComparison.Ordinal))
            .Append(_key.Name)
            .Distinct()
            .Select(name => name[(_options.Group.Length + 1)..])
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>Waits until a lease has changed or our own comes of age.</summary>
    private async Task WaitForNewsAsync(bool isMember, CancellationToken cancellationToken)
    {
        // Half a millisecond late rather than early, so that it is not looked at for nothing.
        var left = LeftOf(_renewal) + TimeSpan.FromMilliseconds(0.5);
        using var due = new CancellationTokenSource(!isMember ? Timeout.InfiniteTimeSpan : left > TimeSpan.Zero ? left : TimeSpan.Zero, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, due.Token);
        Task news = _news.Reader.ReadAsync(either.Token).AsTask();
        await news.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
    }

    private async Task RenewAsync(CancellationToken cancellationToken)
    {
        Lease? mine = null;
        while (true)
        {
            using var limit = new CancellationTokenSource(_options.RenewDeadline / 2, _time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
            try
            {
                var asked = _time.GetTimestamp();
                mine = await WriteAsync(mine, either.Token);
                if (LeftOf(_renewal) <= TimeSpan.Zero)
                    _silent.Forget();
                _renewal = new Renewal(mine, asked);
                _news.Writer.TryWrite(true);
                await RemoveSilentAsync(either.Token);
            }
            catch (KubeException e) when (!e.IsTransient && (mine is not null || e.IsConflict || e.IsAlreadyExists))
            {
                // Somebody wrote or removed it, or the answer to our own write was lost: look, and write again.
                mine = null;
                continue;
            }
            catch (KubeException e) when (e.IsTransient || _renewal is not null)
            {
                _logger.LogWarning("The lease {Lease} was not renewed: {Message}", _key, e.Message);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                _logger.LogWarning("The lease {Lease} was not renewed: no answer in time", _key);
            }
            await Task.Delay(_options.RetryPeriod, _time, cancellationToken);
        }
    }

    private async Task<Lease> WriteAsync(Lease? mine, CancellationToken cancellationToken)
    {
        mine ??= await _leases.GetAsync(_key, cancellationToken);
        if (mine is null)
        {
            var metadata = new ObjectMeta { Name = _key.Name, Namespace = _key.Namespace, Labels = [KeyValuePair.Create(Label, _options.Group)] };
            return await _leases.CreateAsync(new Lease { Metadata = metadata, Spec = Held(previous: null) }, cancellationToken);
        }
        // The younger process has the name: an orchestrator starts the next when it has given up on this one.
        if (_renewal is { } renewal && renewal.Lease.Metadata.Uid == mine.Metadata.Uid && mine.Spec?.HolderIdentity != _holder)
            throw new IdentityTakenException(_options.Identity);
        return await _leases.UpdateAsync(mine with { Spec = Held(mine.Spec) }, cancellationToken);
    }

    private LeaseSpec Held(LeaseSpec? previous)
    {
        var now = _time.GetUtcNow();
        var mine = previous?.HolderIdentity == _holder;
        return new LeaseSpec
        {
            HolderIdentity = _holder,
            LeaseDurationSeconds = (int)Math.Ceiling(_options.Duration.TotalSeconds),
            AcquireTime = mine ? previous!.AcquireTime : now,
            RenewTime = now,
            LeaseTransitions = (previous?.LeaseTransitions ?? 0) + (mine || previous is null ? 0 : 1),
        };
    }

    private async Task RemoveSilentAsync(CancellationToken cancellationToken)
    {
        if (!_watched.HasSynced)
            return;
        foreach (var lease in _silent.Observe([.. _watched.List().Where(lease => lease.Metadata.Name != _key.Name)]))
        {
            try
            {
                var seen = new DeleteOptions { Uid = lease.Metadata.Uid, ResourceVersion = lease.Metadata.ResourceVersion };
                if (await _leases.DeleteAsync(ResourceTypes.Leases.KeyOf(lease), seen, cancellationToken))
                    _logger.LogWarning("{Lease} has not been renewed for {Duration} s and was removed", lease.Metadata.Name, lease.Spec?.LeaseDurationSeconds);
            }
            catch (KubeException e) when (e.IsConflict)
            {
                // It was renewed, and the news is on its way.
            }
        }
    }

    private async Task LeaveAsync()
    {
        // Worth the while as long as the others would wait for it.
        using var limit = new CancellationTokenSource(_options.RenewDeadline, _time);
        try
        {
            while (!await TryGiveBackAsync(limit.Token))
                _logger.LogDebug("The lease {Lease} was written while it was given back; trying again", _key);
        }
        catch (Exception e) when (e is KubeException or OperationCanceledException)
        {
            // It runs out by itself; the others only wait longer.
            _logger.LogWarning("The lease {Lease} was not given back: {Message}", _key, e.Message);
        }
    }

    /// <returns>False when it changed meanwhile: a last renewal of ours may have been on its way.</returns>
    private async Task<bool> TryGiveBackAsync(CancellationToken cancellationToken)
    {
        if (await _leases.GetAsync(_key, cancellationToken) is not { } lease || lease.Spec?.HolderIdentity != _holder)
            return true;
        try
        {
            await _leases.DeleteAsync(_key, new DeleteOptions { Uid = lease.Metadata.Uid, ResourceVersion = lease.Metadata.ResourceVersion }, cancellationToken);
            return true;
        }
        catch (KubeException e) when (e.IsConflict)
        {
            return false;
        }
    }

    /// <summary>Our lease as last written, and when that was asked for by our clock.</summary>
    private sealed record Renewal(Lease Lease, long AskedAt);
}
