using System.Text.Json.Nodes;
using Fabric.Cli.Api;
using Fabric.Cli.Listing;
using Fabric.Cli.Output;

namespace Fabric.Cli.Deleting;

/// <summary>Waits for objects of one kind and namespace to go, and says what each of them waits for.</summary>
internal sealed class Farewell
{
    /// <summary>What goes at once needs no explanation.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly ApiSession _session;
    private readonly ApiKind _kind;
    private readonly Selection _selection;
    private readonly Dictionary<string, Leaving> _waiting;
    private readonly Dictionary<string, string> _reasons = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _told = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();

    /// <param name="session">The connection.</param>
    /// <param name="leaving">All of one kind and namespace; at least one.</param>
    public Farewell(ApiSession session, IReadOnlyList<Leaving> leaving)
    {
        _session = session;
        _kind = leaving[0].Kind;
        _waiting = leaving.GroupBy(each => each.Uid).ToDictionary(group => group.Key, group => group.First(), StringComparer.Ordinal);
        var all = new Selection { Namespace = leaving[0].Namespace.Length == 0 ? null : leaving[0].Namespace };
        _selection = _waiting.Count == 1 ? all.Named(leaving[0].Name) : all;
    }

    /// <summary>What is still there, and why.</summary>
    public IEnumerable<string> Remaining => _waiting.Values.Select(leaving => $"{leaving.Label} is still there: {_reasons.GetValueOrDefault(leaving.Uid, "it was only just asked to go")}");

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var done = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var explaining = ExplainLaterAsync(done.Token);
        try
        {
            await FollowAsync(cancellationToken);
        }
        finally
        {
            await done.CancelAsync();
            await explaining;
        }
    }

    /// <summary>What an object that is to go waits for: who must let go of it, and what its condition says of that.</summary>
    internal static string ReasonOf(JsonObject leaving)
    {
        var reasons = new List<string>();
        if (leaving["metadata"]?["finalizers"] is JsonArray { Count: > 0 } finalizers)
            reasons.Add($"waits for {(finalizers.Count == 1 ? "finalizer" : "finalizers")} {string.Join(", ", finalizers.Select(name => name?.ToString()))}");
        if (reasons.Count == 0 && leaving["metadata"]?["deletionGracePeriodSeconds"] is JsonValue grace && grace.TryGetValue<long>(out var seconds) && seconds > 0)
            reasons.Add($"has {seconds} s to end by itself");
        if (NotReady(leaving) is { } condition)
            reasons.Add(condition);
        if (reasons.Count == 0)
            reasons.Add(leaving.TextAt("status", "phase") is { Length: > 0 } phase ? $"its phase is {phase}" : "waits for the server");
        return Printable.Line(string.Join("; ", reasons));
    }

    private static string? NotReady(JsonObject leaving) => (leaving["status"]?["conditions"] as JsonArray ?? [])
        .OfType<JsonObject>()
        .Where(condition => condition.TextAt("type") == "Ready" && condition.TextAt("status") != "True")
        .Select(condition => $"{condition.TextAt("reason")}: {condition.TextAt("message")}")
        .FirstOrDefault();

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        var version = await LookAsync(cancellationToken);
        if (_waiting.Count == 0)
            return;
        var watch = new ObjectWatch(_session, _kind, _selection);
        await foreach (var change in watch.RunAsync(version, cancellationToken))
        {
            if (change.Object is null)
                watch.Continue(await LookAsync(cancellationToken));
            else if (change.IsDeletion)
                await GoneAsync(change.Object.TextAt("metadata", "uid") ?? "");
            else
                Note(change.Object);
            if (_waiting.Count == 0)
                return;
        }
    }

    /// <summary>Looks at what is there.</summary>
    /// <returns>The version it is at.</returns>
    private async Task<string> LookAsync(CancellationToken cancellationToken)
    {
        var there = new HashSet<string>(StringComparer.Ordinal);
        string? next = null;
        JsonObject page;
        do
        {
            page = await _session.GetAsync(_selection.PagePath(_kind, next), cancellationToken);
            foreach (var item in (page["items"] as JsonArray ?? []).OfType<JsonObject>())
            {
                there.Add(item.TextAt("metadata", "uid") ?? "");
                Note(item);
            }

            next = page.TextAt("metadata", "continue");
        }
        while (!string.IsNullOrEmpty(next));
        foreach (var gone in _waiting.Keys.Where(uid => !there.Contains(uid)).ToArray())
            await GoneAsync(gone);
        return page.TextAt("metadata", "resourceVersion") ?? "";
    }

    private async Task GoneAsync(string uid)
    {
        if (_waiting.Remove(uid, out var leaving))
            await _session.Output.WriteLineAsync($"{leaving.Label} deleted");
    }

    private void Note(JsonObject item)
    {
        var uid = item.TextAt("metadata", "uid") ?? "";
        if (!_waiting.ContainsKey(uid))
            return;
        lock (_lock)
        {
            _reasons[uid] = ReasonOf(item);
            if (_told.Count > 0)
                Explain();
        }
    }

    private async Task ExplainLaterAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(Patience, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (cancellationToken.IsCancellationRequested)
            return;
        lock (_lock)
            Explain();
    }

    /// <summary>Says what is new of why objects are still there.</summary>
    private void Explain()
    {
        foreach (var (uid, reason) in _reasons)
        {
            if (!_waiting.TryGetValue(uid, out var leaving) || _told.GetValueOrDefault(uid) == reason)
                continue;
            _told[uid] = reason;
            _session.Error.WriteLine($"{leaving.Label} {reason}");
        }
    }
}
