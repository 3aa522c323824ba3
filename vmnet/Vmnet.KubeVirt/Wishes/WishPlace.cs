using Fabric.Primitives;

namespace Vmnet.KubeVirt.Wishes;

/// <summary>An object whose annotations say wishes.</summary>
/// <param name="Annotations">Its annotations.</param>
/// <param name="Of">What a source is called after beside the annotation, or null for the workload itself and for a VM's template.</param>
internal readonly record struct WishPlace(EquatableMap<string, string>? Annotations, string? Of = null)
{
    /// <summary>What an annotation says. One that is empty says nothing: tools render absent values so.</summary>
    public WishText? Find(string annotation) =>
        Annotations is { } all && all.TryGetValue(annotation, out var text) && !string.IsNullOrWhiteSpace(text)
            ? new WishText(NameOf(annotation), text.Trim())
            : null;

    /// <summary>What an annotation of this object is called in sources and messages.</summary>
    public string NameOf(string annotation) => Of is null ? annotation : $"{annotation} of {Of}";
}

/// <summary>What a field or annotation says.</summary>
/// <param name="Source">Which one.</param>
/// <param name="Text">What it says; not empty.</param>
internal readonly record struct WishText(string Source, string Text)
{
    private const int LongestQuote = 80;

    /// <summary>The text as a message may carry it: it can be of any length.</summary>
    public string Quoted => Text.Length <= LongestQuote
        ? Text
        : $"{Text.AsSpan(0, char.IsHighSurrogate(Text[LongestQuote - 1]) ? LongestQuote - 1 : LongestQuote)}…";

    public WishUnreadable Unreadable(string problem, string remedy) => new(Quoted, problem, remedy);

    public WishNotSupported NotSupported(string problem, string remedy) => new(Quoted, problem, remedy);

    public WishLeftOut LeftOut(string problem, string remedy) => new(Quoted, problem, remedy);
}
