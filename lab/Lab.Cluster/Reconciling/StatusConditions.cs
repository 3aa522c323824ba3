using Fabric.Primitives;
using Fabric.Resources.Core;

namespace Lab.Cluster.Reconciling;

/// <summary>Reads and sets the conditions of core and KubeVirt kinds.</summary>
internal static class StatusConditions
{
    public const string True = "True";
    public const string False = "False";

    public static StatusCondition? Find(this EquatableArray<StatusCondition>? conditions, string type) =>
        conditions?.FirstOrDefault(each => each.Type == type);

    public static bool IsTrue(this EquatableArray<StatusCondition>? conditions, string type) => conditions.Find(type)?.Status == True;

    /// <summary>The list with this condition; the transition time moves only when the status does.</summary>
    public static EquatableArray<StatusCondition> With(
        this EquatableArray<StatusCondition>? conditions, string type, bool holds, DateTimeOffset now, string? reason = null, string? message = null)
    {
        var old = conditions.Find(type);
        var status = holds ? True : False;
        var wanted = (old ?? new StatusCondition { Type = type, Status = status }) with
        {
            Status = status,
            Reason = reason,
            Message = message,
            LastTransitionTime = old?.Status == status ? old.LastTransitionTime : now,
        };
        return old is null
            ? [.. conditions ?? [], wanted]
            : [.. conditions!.Value.Select(each => each.Type == type ? wanted : each)];
    }

    public static EquatableArray<StatusCondition> Without(this EquatableArray<StatusCondition>? conditions, string type) =>
        [.. (conditions ?? []).Where(each => each.Type != type)];
}
