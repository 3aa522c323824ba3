namespace Fabric.Kube;

/// <summary>Which objects of a type a list or a watch is about.</summary>
public sealed record ListOptions
{
    /// <summary>All objects of the type, in every namespace.</summary>
    public static ListOptions All { get; } = new();

    /// <summary>Only this namespace; null for every namespace.</summary>
    public string? Namespace { get; init; }

    /// <summary>Label selector as kubectl's <c>-l</c> takes it, or null.</summary>
    public string? Labels { get; init; }

    /// <summary>Field selector as kubectl's <c>--field-selector</c> takes it, or null.</summary>
    public string? Fields { get; init; }
}
