using Fabric.ApiServer.Definitions;
using Fabric.ApiServer.Storage;

namespace Fabric.ApiServer.Watching;

/// <summary>
/// The watches of one resource by the field value they select, so that a change of one node's objects costs nothing for the
/// watches of all other nodes.
/// </summary>
internal sealed class SubscriptionIndex
{
    private readonly HashSet<WatchSubscription> _others = [];
    private readonly Dictionary<string, Dictionary<string, HashSet<WatchSubscription>>> _byField = new(StringComparer.Ordinal);

    private ResourceDefinition? _definition;

    public void Add(WatchSubscription subscription)
    {
        _definition = subscription.Filter.Definition;
        if (subscription.Filter.Selects is not var (field, value))
        {
            _others.Add(subscription);
            return;
        }

        if (!_byField.TryGetValue(field, out var byValue)) _byField.Add(field, byValue = new(StringComparer.Ordinal));
        if (!byValue.TryGetValue(value, out var same)) byValue.Add(value, same = []);
        same.Add(subscription);
    }

    public void Remove(WatchSubscription subscription)
    {
        if (subscription.Filter.Selects is not var (field, value))
        {
            _others.Remove(subscription);
            return;
        }

        if (!_byField.TryGetValue(field, out var byValue) || !byValue.TryGetValue(value, out var same)) return;
        same.Remove(subscription);
        if (same.Count == 0) byValue.Remove(value);
        if (byValue.Count == 0) _byField.Remove(field);
    }

    /// <summary>Shows a change to every watch that it may concern, by what the object was or is.</summary>
    public void Offer(Change change)
    {
        foreach (var subscription in _others)
            subscription.Offer(change);
        foreach (var (field, byValue) in _byField)
        {
            var now = change.Object.AttributesFor(_definition!).Fields.GetValueOrDefault(field, "");
            var before = change.Previous?.AttributesFor(_definition!).Fields.GetValueOrDefault(field, "");
            Offer(byValue, now, change);
            if (before is not null && before != now) Offer(byValue, before, change);
        }
    }

    private static void Offer(Dictionary<string, HashSet<WatchSubscription>> byValue, string value, Change change)
    {
        if (!byValue.TryGetValue(value, out var concerned)) return;
        foreach (var subscription in concerned)
            subscription.Offer(change);
    }
}
