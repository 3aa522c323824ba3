using System.Collections.Immutable;
using Ovs.Ovsdb;

namespace Ovs.Vswitch;

/// <summary>
/// Puts the intents that come while a commit is under way into the next one together: ovs-vswitchd looks at all its ports after each
/// commit, so that a hundred ports at once cost it about as much as one.
/// </summary>
/// <remarks>
/// What is refused in company is tried alone, so that nobody is refused for another's fault. What a lost connection cut off is worked
/// out anew over the next one: an intent that was carried out before has nothing left to do.
/// </remarks>
internal sealed class PortCommits(OvsdbClient client)
{
    private const int MostInOne = 128;

    // A commit that ovs-vswitchd does not follow at once must not keep the next from the database.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private List<Intent> _waiting = [];
    private bool _isRunning;

    /// <summary>Has a port be there.</summary>
    internal Task<PortAddition> AddAsync(InternalPort port, CancellationToken cancellationToken) => ApplyAsync(new Intent(port.Name, port), cancellationToken);

    /// <summary>Has a port be gone.</summary>
    /// <returns>Whether it was there.</returns>
    internal async Task<bool> RemoveAsync(string name, CancellationToken cancellationToken) =>
        await ApplyAsync(new Intent(name, Add: null), cancellationToken) is PortAddition.Changed;

    private async Task<PortAddition> ApplyAsync(Intent intent, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _waiting.Add(intent);
            if (!_isRunning)
            {
                _isRunning = true;
                _ = Task.Run(DrainAsync, CancellationToken.None);
            }
        }

        try
        {
            return await intent.Done.Task.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // Nobody waits for it any more: if it is not on its way yet, it is not sent.
            intent.Done.TrySetCanceled(cancellationToken);
            throw;
        }
    }

    private async Task DrainAsync()
    {
        while (Take() is { Count: > 0 } batch)
        {
            await CarryOutAsync(batch);
        }
    }

    /// <summary>The intents to send next, one for each name; none ends the draining.</summary>
    private List<Intent> Take()
    {
        lock (_gate)
        {
            var batch = new List<Intent>();
            var later = new List<Intent>();
            var names = new HashSet<string>(StringComparer.Ordinal);
            foreach (var intent in _waiting.Where(intent => !intent.Done.Task.IsCompleted))
            {
                // What is worked out from one state of the database holds for one change of a port; the order of two stays.
                (batch.Count < MostInOne && names.Add(intent.Name) ? batch : later).Add(intent);
            }

            _waiting = later;
            _isRunning = batch.Count > 0;
            return batch;
        }
    }

    private async Task CarryOutAsync(List<Intent> batch)
    {
        try
        {
            await CommitAsync(batch);
        }
        catch (OvsdbException e) when (e.Error == OvsdbException.Disconnected)
        {
            PutBack(batch);
        }
        catch (OvsdbException) when (batch.Count > 1)
        {
            foreach (var intent in batch)
            {
                await CarryOutAsync([intent]);
            }
        }
        catch (Exception e)
        {
            foreach (var intent in batch)
            {
                intent.Done.TrySetException(e);
            }
        }
    }

    private void PutBack(List<Intent> batch)
    {
        lock (_gate)
        {
            _waiting.InsertRange(0, batch);
        }
    }

    private async Task CommitAsync(List<Intent> batch)
    {
        var session = await WaitConnectedAsync(batch);
        if (session is null)
        {
            return;
        }

        var snapshot = client.Snapshot;
        var operations = ImmutableArray.CreateBuilder<Operation>();
        var changed = new List<(Intent Intent, PortAddition Addition)>();
        foreach (var intent in batch)
        {
            var plan = intent.Add is { } port
                ? PortIntents.Add(snapshot, port, changed.Count)
                : new PortPlan(PortAddition.Changed, PortIntents.Remove(snapshot, [intent.Name]));
            if (plan.Operations.IsEmpty)
            {
                intent.Done.TrySetResult(intent.Add is null ? PortAddition.Unchanged : plan.Addition);
            }
            else
            {
                operations.AddRange(plan.Operations);
                changed.Add((intent, plan.Addition));
            }
        }

        if (changed.Count > 0)
        {
            var target = await RaiseAsync(session, snapshot, operations.ToImmutable());
            await Task.WhenAny(FollowAsync(target, changed), Task.Delay(Patience));
        }
    }

    /// <summary>Waits for a connection as long as somebody waits for what is to be sent.</summary>
    private async Task<OvsdbSession?> WaitConnectedAsync(List<Intent> batch)
    {
        var connected = client.WaitConnectedAsync(CancellationToken.None);
        var given = Task.WhenAll(batch.Select(intent => intent.Done.Task)).ContinueWith(_ => { }, TaskScheduler.Default);
        return await Task.WhenAny(connected, given) == connected ? await connected : null;
    }

    /// <summary>
    /// Commits and raises <c>next_cfg</c> with it; ovs-vswitchd sets <c>cur_cfg</c> to that number when it has done
    /// everything up to there (ovs-vswitchd.conf.db(5), table Open_vSwitch).
    /// </summary>
    private static async Task<long> RaiseAsync(OvsdbSession session, OvsdbSnapshot snapshot, ImmutableArray<Operation> operations)
    {
        var root = snapshot.Table<OpenVSwitch>().FirstOrDefault() ?? throw new InvalidOperationException("Open vSwitch's database has no row: ovs-vsctl init makes it");
        Operation raise = Row.Mutate<OpenVSwitch>(root.Uuid, OpenVSwitch.Columns.NextCfg.Add(1));
        Operation read = new Select(OpenVSwitch.Table.Name, [Condition.Is(root.Uuid)], [OpenVSwitch.Columns.NextCfg.Name]);
        var results = await session.TransactAsync([.. operations, raise, read], CancellationToken.None);
        return results[^1].RowsOf<OpenVSwitch>()[0].NextCfg;
    }

    private async Task FollowAsync(long target, List<(Intent Intent, PortAddition Addition)> changed)
    {
        await client.Replica.WaitUntilAsync(snapshot => snapshot.Table<OpenVSwitch>().Any(row => row.CurCfg >= target), CancellationToken.None);
        foreach (var (intent, addition) in changed)
        {
            intent.Done.TrySetResult(addition);
        }
    }

    /// <summary>A port that is to be there, or to be gone.</summary>
    private sealed record Intent(string Name, InternalPort? Add)
    {
        internal TaskCompletionSource<PortAddition> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
