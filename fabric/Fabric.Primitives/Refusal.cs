namespace Fabric.Primitives;

/// <summary>
/// Why a request cannot be granted although nothing failed. Each subtype carries the facts that let the caller act;
/// records with equal facts are equal.
/// </summary>
public abstract record Refusal
{
    /// <summary>
    /// One CamelCase word for programs, stable between releases: the <c>reason</c> of a condition, event or status.
    /// </summary>
    public abstract string Reason { get; }

    /// <summary>One or more sentences for people: the value, what is wrong with it, and what to do.</summary>
    public abstract string Message { get; }

    /// <summary>Path of the offending field from the object's root ("spec.cidr"), or null if there is none.</summary>
    public string? Field { get; init; }

    /// <summary>The message behind its field, as a list of refusals shows it.</summary>
    public sealed override string ToString() => Field is null ? Message : $"{Field}: {Message}";
}
