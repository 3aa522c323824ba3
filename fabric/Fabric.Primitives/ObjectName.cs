using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Text.Json.Serialization;

namespace Fabric.Primitives;

/// <summary>
/// The name of a Kubernetes object: a DNS-1123 subdomain in lower case, up to 253 characters. Some kinds (Namespace)
/// and some parts of names allow only one label of it; see <see cref="IsLabel"/>. <c>default</c> is no name.
/// </summary>
/// <remarks>
/// Ordered by character number. As in Kubernetes, labels inside a longer subdomain may exceed the 63 octets of
/// RFC 1035 §2.3.4.
/// </remarks>
[JsonConverter(typeof(TextValueJsonConverter<ObjectName>))]
public readonly record struct ObjectName
    : ITextValue<ObjectName>, IComparable<ObjectName>, IComparisonOperators<ObjectName, ObjectName, bool>
{
    /// <summary>Longest subdomain, in characters.</summary>
    public const int MaxLength = 253;

    /// <summary>Longest label, in characters.</summary>
    public const int MaxLabelLength = 63;

    private const string LabelRule =
        "it must be 1 to 63 lower-case letters, digits and '-', and begin and end with a letter or digit";

    private const string SubdomainRule =
        "it must be 1 to 253 lower-case letters, digits, '-' and '.', and every part between dots must begin and end with a letter or digit";

    private static readonly SearchValues<char> Inner = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");

    private readonly string? _text;

    private ObjectName(string text) => _text = text;

    /// <inheritdoc/>
    public static string Noun => "a Kubernetes object name";

    /// <inheritdoc/>
    public static int MaxTextLength => MaxLength;

    /// <summary>False only for <c>default</c>.</summary>
    public bool IsValid => _text is not null;

    /// <summary>Whether the name is a single DNS-1123 label of up to 63 characters.</summary>
    public bool IsLabel => _text is not null && CheckLabel(_text) is null;

    /// <summary>What keeps <paramref name="text"/> from being a DNS-1123 subdomain, or null.</summary>
    public static string? CheckSubdomain(ReadOnlySpan<char> text)
    {
        if (text.Length is 0 or > MaxLength)
            return SubdomainRule;
        while (true)
        {
            var dot = text.IndexOf('.');
            if (!IsPart(dot < 0 ? text : text[..dot]))
                return SubdomainRule;
            if (dot < 0)
                return null;
            text = text[(dot + 1)..];
        }
    }

    /// <summary>What keeps <paramref name="text"/> from being a DNS-1123 label, or null.</summary>
    public static string? CheckLabel(ReadOnlySpan<char> text) =>
        text.Length <= MaxLabelLength && IsPart(text) ? null : LabelRule;

    /// <summary>Reads a DNS-1123 subdomain.</summary>
    /// <exception cref="FormatException">The text breaks the rule, which the message states.</exception>
    public static ObjectName Parse(ReadOnlySpan<char> text) => TextValue.Parse<ObjectName>(text);

    /// <inheritdoc/>
    public static bool TryParse(ReadOnlySpan<char> text, out ObjectName value) => TryParse(text, out value, out _);

    /// <inheritdoc/>
    public static bool TryParse(
        ReadOnlySpan<char> text, out ObjectName value, [NotNullWhen(false)] out string? problem)
    {
        problem = CheckSubdomain(text);
        value = problem is null ? new ObjectName(text.ToString()) : default;
        return problem is null;
    }

    /// <inheritdoc/>
    public int CompareTo(ObjectName other) => string.CompareOrdinal(_text, other._text);

    /// <summary>The name; empty for <c>default</c>.</summary>
    public override string ToString() => _text ?? "";

    /// <inheritdoc cref="ISpanFormattable.TryFormat"/>
    public bool TryFormat(
        Span<char> destination, out int charsWritten,
        ReadOnlySpan<char> format, IFormatProvider? provider)
    {
        var fits = _text.AsSpan().TryCopyTo(destination);
        charsWritten = fits ? _text.AsSpan().Length : 0;
        return fits;
    }

    /// <inheritdoc cref="IUtf8SpanFormattable.TryFormat"/>
    public bool TryFormat(
        Span<byte> utf8Destination, out int bytesWritten,
        ReadOnlySpan<char> format, IFormatProvider? provider) =>
        TextValue.TryFormatUtf8(this, utf8Destination, out bytesWritten);

    /// <inheritdoc/>
    public static bool operator <(ObjectName left, ObjectName right) => left.CompareTo(right) < 0;

    /// <inheritdoc/>
    public static bool operator >(ObjectName left, ObjectName right) => left.CompareTo(right) > 0;

    /// <inheritdoc/>
    public static bool operator <=(ObjectName left, ObjectName right) => left.CompareTo(right) <= 0;

    /// <inheritdoc/>
    public static bool operator >=(ObjectName left, ObjectName right) => left.CompareTo(right) >= 0;

    private static bool IsPart(ReadOnlySpan<char> part) =>
        !part.IsEmpty && part[0] != '-' && part[^1] != '-' && !part.ContainsAnyExcept(Inner);
}
