using System.Collections.Immutable;
using System.Threading.Channels;
using Fabric.Resources;
using Ovs.Northbound;
using Ovs.Ovsdb;

namespace Fabric.Realization;

/// <summary>Somebody waits for an object to be realized.</summary>
/// <param name="owner">The object.</param>
internal sealed class RealizationRequest(RowOwner owner)
{
    private readonly TaskCompletionSource<RealizationOutcome> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal RowOwner Owner => owner;

    internal Task<RealizationOutcome> Task => _done.Task;

    internal void Complete(RealizationOutcome outcome) => _done.TrySetResult(outcome);

    internal void Fail(Exception fault) => _done.TrySetException(fault);

    internal void Cancel() => _done.TrySetCanceled();
}

/// <summary>An object in a batch, and who waits for it.</summary>
/// <param name="Owner">The object.</param>
/// <param name="Outcome">What it will have come to once the batch is committed.</param>
/// <param name="Requests">Who waits for it.</param>
internal sealed record PlannedOwner(RowOwner Owner, RealizationOutcome Outcome, ImmutableArray<RealizationRequest> Requests);

/// <summary>One transaction and what it is for.</summary>
/// <param name="Owners">The objects.</param>
/// <param name="Operations">The operations; empty when everything is as it should be.</param>
internal sealed record PlannedBatch(ImmutableArray<PlannedOwner> Owners, ImmutableArray<Operation> Operations);

/// <summary>What is wanted, what is there, and which objects have to be looked at.</summary>
/// <remarks>
/// Changes arrive on the client's receiving loop, wishes on any thread, plans are made by the realizer's one loop; a
/// lock joins them. The snapshot and the index are of the same moment.
/// </remarks>
internal sealed class RealizationState(OvsdbSnapshot initial, IPortGroups groups)
{
    private readonly Lock _lock = new();
    private readonly Channel<bool> _work = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Dictionary<RowOwner, ImmutableArray<DesiredRow>> _wanted = [];

    // Those that had all that is wanted when they were looked at last. If they are not dirty they have it still.
    private readonly HashSet<RowOwner> _realized = [];
    private readonly Dictionary<RowAddress, HashSet<RowOwner>> _dependents = [];
    private readonly HashSet<RowOwner> _blocked = [];
    private readonly SortedSet<RowOwner> _dirty = new(Comparer<RowOwner>.Create(CompareByRank));
    private readonly Dictionary<RowOwner, List<RealizationRequest>> _requests = [];
    private readonly PortGroupIndex _portGroups = new();
    private OwnedIndex _index = new();
    private OvsdbSnapshot _snapshot = initial;
    private bool _isStarted;
    private bool _isAbandoned;

    /// <summary>Takes the snapshot that the first observed change applies to.</summary>
    internal void Start(OvsdbSnapshot snapshot)
    {
        lock (_lock)
        {
            if (!_isStarted)
            {
                Load(snapshot);
            }
        }
    }

    /// <returns>Whether a row came into being of which nothing is wanted here.</returns>
    internal bool Observe(ReplicaChange change)
    {
        var isUnwanted = false;
        lock (_lock)
        {
            if (!_isStarted)
            {
                Load(change.Before);
            }

            _snapshot = change.After;
            foreach (var table in RealizedTable.All)
            {
                foreach (var row in table.OwnedChanges(change))
                {
                    _index.Apply(table.Table, row);
                    isUnwanted |= row.Before is null && row.After is { } made && !_wanted.ContainsKey(made.Owner);
                    // What refers to a row looks again when there is another one of its name, not when the row itself is
                    // written: a port that comes writes its switch's row, and every other port refers to that.
                    var isAnother = row.Before != row.After;
                    Touch(table.Table, row.Before, isAnother);
                    Touch(table.Table, row.After, isAnother);
                    if (row is { Before: null, After: { } came } && table.Table == PortGroup.Table)
                    {
                        // Ports that waited for it come now.
                        _dirty.UnionWith(groups.MembersOf(new(table.Table, came)).Select(RowOwner.Nic).Where(_wanted.ContainsKey));
                    }
                }
            }

            foreach (var port in _portGroups.Apply(change))
            {
                // Somebody moved it, if it is not where it belongs.
                Touch(LogicalSwitchPort.Table, _snapshot.Table<LogicalSwitchPort>().Find(port) is { } row ? RowIdentity.Read(row.ExternalIds) : null, isAnother: false);
            }

            // A name may have become free, or what the database refused may pass now.
            foreach (var owner in _blocked)
            {
                _dirty.Add(owner);
            }

            _blocked.Clear();
            Signal();
        }

        return isUnwanted;
    }

    internal RealizationRequest Want(RowOwner owner, ImmutableArray<DesiredRow> rows)
    {
        lock (_lock)
        {
            return WantLocked(owner, rows);
        }
    }

    /// <summary>Has Nics' ports looked at again: what is said of their groups has changed.</summary>
    internal void Reconsider(IEnumerable<ObjectKey> nics)
    {
        lock (_lock)
        {
            _dirty.UnionWith(nics.Select(RowOwner.Nic).Where(_wanted.ContainsKey));
            Signal();
        }
    }

    /// <summary>The objects that have rows and of which nothing is wanted here.</summary>
    internal ImmutableArray<RowOwner> Unwanted()
    {
        lock (_lock)
        {
            return [.. _index.Owners.Where(owner => !_wanted.ContainsKey(owner))];
        }
    }

    /// <summary>Wants no rows for an object, unless something is wanted of it by now.</summary>
    internal RealizationRequest? RemoveUnwanted(RowOwner owner)
    {
        lock (_lock)
        {
            return _wanted.ContainsKey(owner) ? null : WantLocked(owner, []);
        }
    }

    /// <summary>Wants nothing of an object any more; its rows stay as they are, and who waits is told that it was cancelled.</summary>
    internal void Forget(RowOwner owner)
    {
        lock (_lock)
        {
            if (_wanted.Remove(owner, out var rows))
            {
                Depend(owner, rows, add: false);
            }

            _dirty.Remove(owner);
            _blocked.Remove(owner);
            _realized.Remove(owner);
            CancelRequests(owner);
        }
    }

    internal async Task WaitForWorkAsync(CancellationToken cancellationToken) => await _work.Reader.ReadAsync(cancellationToken);

    /// <summary>Plans the objects that have to be looked at, up to a number of them.</summary>
    internal PlannedBatch PlanNext(int max)
    {
        lock (_lock)
        {
            var owners = _dirty.Take(max).ToImmutableArray();
            var batch = Plan(owners);
            Signal();
            return batch;
        }
    }

    internal PlannedBatch PlanOnly(RowOwner owner)
    {
        lock (_lock)
        {
            return Plan([owner]);
        }
    }

    internal void Complete(PlannedBatch batch)
    {
        lock (_lock)
        {
            foreach (var owner in batch.Owners)
            {
                if (owner.Outcome is RealizationOutcome.Conflicting)
                {
                    _blocked.Add(owner.Owner);
                }
                else if (owner.Outcome is RealizationOutcome.Realized && _wanted.ContainsKey(owner.Owner))
                {
                    // Not of one that was forgotten meanwhile.
                    _realized.Add(owner.Owner);
                }

                ForgetIfGone(owner.Owner);
            }
        }

        foreach (var owner in batch.Owners)
        {
            foreach (var request in owner.Requests)
            {
                request.Complete(owner.Outcome);
            }
        }
    }

    /// <summary>Has the objects looked at again, and those who wait go on waiting.</summary>
    internal void Requeue(PlannedBatch batch)
    {
        lock (_lock)
        {
            foreach (var owner in batch.Owners)
            {
                _dirty.Add(owner.Owner);
                foreach (var request in owner.Requests)
                {
                    RequestsOf(owner.Owner).Add(request);
                }
            }

            Signal();
        }
    }

    internal void Fail(PlannedBatch batch, Exception fault)
    {
        lock (_lock)
        {
            _blocked.UnionWith(batch.Owners.Select(owner => owner.Owner));
        }

        foreach (var request in batch.Owners.SelectMany(owner => owner.Requests))
        {
            request.Fail(fault);
        }
    }

    /// <summary>Nobody works any more: who waits is told so.</summary>
    internal void Abandon()
    {
        lock (_lock)
        {
            _isAbandoned = true;
            foreach (var request in _requests.Values.SelectMany(requests => requests))
            {
                request.Cancel();
            }

            _requests.Clear();
        }
    }

    private static int CompareByRank(RowOwner left, RowOwner right)
    {
        var byKind = left.Kind.CompareTo(right.Kind);
        return byKind != 0 ? byKind : left.Key.CompareTo(right.Key);
    }

    private void Load(OvsdbSnapshot snapshot)
    {
        _isStarted = true;
        _snapshot = snapshot;
        _index = new();
        foreach (var table in RealizedTable.All)
        {
            foreach (var row in table.OwnedRows(snapshot))
            {
                _index.Apply(table.Table, row);
            }
        }

        _portGroups.Load(snapshot);
    }

    /// <summary>A row came, changed or went: its object and those that depend on it are looked at, if anybody wants them.</summary>
    private void Touch(Table table, RowIdentity? identity, bool isAnother)
    {
        if (identity is not { } known)
        {
            return;
        }

        if (_wanted.ContainsKey(known.Owner))
        {
            _dirty.Add(known.Owner);
        }

        if (isAnother && _dependents.TryGetValue(new(table, known), out var dependents))
        {
            _dirty.UnionWith(dependents);
        }
    }

    private RealizationRequest WantLocked(RowOwner owner, ImmutableArray<DesiredRow> rows)
    {
        var request = new RealizationRequest(owner);
        if (!_isAbandoned && _realized.Contains(owner) && !_dirty.Contains(owner) && _wanted[owner].SequenceEqual(rows))
        {
            // Most of what is wanted is wanted for the second time.
            request.Complete(new RealizationOutcome.Realized(IsChanged: false));
            return request;
        }

        Depend(owner, _wanted.GetValueOrDefault(owner, []), add: false);
        _wanted[owner] = rows;
        Depend(owner, rows, add: true);
        if (_isAbandoned)
        {
            request.Cancel();
            return request;
        }

        RequestsOf(owner).Add(request);
        _dirty.Add(owner);
        Signal();
        return request;
    }

    private void Depend(RowOwner owner, ImmutableArray<DesiredRow> rows, bool add)
    {
        foreach (var address in rows.SelectMany(row => row.Dependencies).Where(address => address.Identity.Owner != owner))
        {
            if (add)
            {
                if (!_dependents.TryGetValue(address, out var owners))
                {
                    _dependents[address] = owners = [];
                }

                owners.Add(owner);
            }
            else if (_dependents.TryGetValue(address, out var owners) && owners.Remove(owner) && owners.Count == 0)
            {
                _dependents.Remove(address);
            }
        }
    }

    private PlannedBatch Plan(ImmutableArray<RowOwner> owners)
    {
        var plan = new TransactionPlan(_snapshot, _index, _portGroups, groups);
        var planned = ImmutableArray.CreateBuilder<PlannedOwner>(owners.Length);
        foreach (var owner in owners)
        {
            _dirty.Remove(owner);
            _realized.Remove(owner);
            if (!_wanted.TryGetValue(owner, out var rows))
            {
                // Forgotten while a transaction that is tried again had it.
                CancelRequests(owner);
                continue;
            }

            var requests = _requests.Remove(owner, out var waiting) ? waiting.ToImmutableArray() : [];
            planned.Add(new(owner, plan.PlanOwner(owner, rows), requests));
        }

        return new(planned.ToImmutable(), plan.ToOperations());
    }

    /// <summary>An object that wants no rows and has none is no object of ours any more.</summary>
    private void ForgetIfGone(RowOwner owner)
    {
        if (_wanted.TryGetValue(owner, out var rows) && rows.IsEmpty && _index.RowsOf(owner).Count == 0 && !_requests.ContainsKey(owner))
        {
            _wanted.Remove(owner);
            _realized.Remove(owner);
        }
    }

    private void CancelRequests(RowOwner owner)
    {
        if (_requests.Remove(owner, out var waiting))
        {
            waiting.ForEach(request => request.Cancel());
        }
    }

    private List<RealizationRequest> RequestsOf(RowOwner owner)
    {
        if (!_requests.TryGetValue(owner, out var requests))
        {
            _requests[owner] = requests = [];
        }

        return requests;
    }

    private void Signal()
    {
        if (_dirty.Count > 0)
        {
            _work.Writer.TryWrite(true);
        }
    }
}
