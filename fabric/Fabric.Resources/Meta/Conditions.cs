using Fabric.Primitives;

namespace Fabric.Resources;

/// <summary>Reads and sets conditions in a list keyed by type.</summary>
public static class Conditions
{
    /// <summary>The condition of <paramref name="type"/>, or null.</summary>
    public static Condition? Find(this EquatableArray<Condition> conditions, string type)
    {
        foreach (var condition in conditions)
        {
            if (condition.Type == type)
            {
                return condition;
            }
        }

        return null;
    }

    /// <summary>The list without the condition of <paramref name="type"/>.</summary>
    public static EquatableArray<Condition> Without(this EquatableArray<Condition> conditions, string type) =>
        conditions.Find(type) is null ? conditions : [.. conditions.Where(each => each.Type != type)];

    /// <summary>
    /// The list with <paramref name="condition"/> in place of the one of its type; the transition time moves only
    /// when the status does, so that setting the same twice changes nothing.
    /// </summary>
    public static EquatableArray<Condition> With(
        this EquatableArray<Condition> conditions, Condition condition, DateTimeOffset now)
    {
        var old = conditions.Find(condition.Type);
        var since = old is not null && old.Status == condition.Status ? old.LastTransitionTime : now;
        var changed = condition with { LastTransitionTime = since };
        return old is null
            ? [.. conditions, changed]
            : [.. conditions.Select(each => each.Type == condition.Type ? changed : each)];
    }
}
