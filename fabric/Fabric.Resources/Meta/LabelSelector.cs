using System.Text.Json.Serialization;
using Fabric.Primitives;
using Fabric.Resources.Crds;

namespace Fabric.Resources;

/// <summary>Chooses objects by their labels (Kubernetes <c>meta/v1 LabelSelector</c>): all that it says must hold.</summary>
public sealed record LabelSelector
{
    /// <summary>Labels with exactly these values.</summary>
    public EquatableMap<string, string> MatchLabels { get; init; }

    /// <summary>Labels that are there or not, or have one of some values or none of them.</summary>
    [MaxItems(32)]
    public EquatableArray<LabelRequirement> MatchExpressions { get; init; }

    /// <summary>Whether it chooses everything.</summary>
    [JsonIgnore]
    public bool IsEmpty => MatchLabels.Count == 0 && MatchExpressions.IsEmpty;

    /// <summary>Whether an object with these labels is chosen.</summary>
    public bool Matches(EquatableMap<string, string>? labels)
    {
        var present = labels ?? [];
        return MatchLabels.All(wanted => present.TryGetValue(wanted.Key, out var value) && value == wanted.Value)
            && MatchExpressions.All(requirement => requirement.Matches(present));
    }
}

/// <summary>One requirement on a label.</summary>
public sealed record LabelRequirement
{
    /// <summary>The label's key.</summary>
    [MinLength(1), MaxLength(317)]
    public required string Key { get; init; }

    /// <summary><c>In</c>, <c>NotIn</c>, <c>Exists</c> or <c>DoesNotExist</c>.</summary>
    public required LabelOperator Operator { get; init; }

    /// <summary>The values for <c>In</c> and <c>NotIn</c>.</summary>
    [MaxItems(64)]
    public EquatableArray<string> Values { get; init; }

    internal bool Matches(EquatableMap<string, string> labels) => Operator switch
    {
        LabelOperator.In => labels.TryGetValue(Key, out var value) && Values.Contains(value),
        LabelOperator.NotIn => !labels.TryGetValue(Key, out var value) || !Values.Contains(value),
        LabelOperator.Exists => labels.ContainsKey(Key),
        _ => !labels.ContainsKey(Key),
    };
}

/// <summary>What a requirement asks of a label.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<LabelOperator>))]
public enum LabelOperator
{
    /// <summary>It has one of the values.</summary>
    In = 0,

    /// <summary>It is absent, or has none of the values.</summary>
    NotIn = 1,

    /// <summary>It is there.</summary>
    Exists = 2,

    /// <summary>It is not there.</summary>
    DoesNotExist = 3,
}
