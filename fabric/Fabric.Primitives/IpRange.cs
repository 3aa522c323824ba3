using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Text.Json.Serialization;

namespace Fabric.Primitives;

/// <summary>
/// Consecutive addresses of one family, both ends included: "10.2.3.10-10.2.3.20", or one address alone.
/// <c>default</c> is no range and contains nothing.
/// </summary>
/// <remarks>Ordered by first, then by last address.</remarks>
[JsonConverter(typeof(TextValueJsonConverter<IpRange>))]
public readonly record struct IpRange
    : ITextValue<IpRange>, IComparable<IpRange>, IComparisonOperators<IpRange, IpRange, bool>
{
    /// <summary>The range from <paramref name="first"/> to <paramref name="last"/>.</summary>
    /// <exception cref="ArgumentException">
    /// An end is unset, the families differ, or the last address comes before the first.
    /// </exception>
    public IpRange(IpAddress first, IpAddress last)
    {
        if (Check(first, last) is { } problem)
            throw new ArgumentException($"'{first}-{last}' is not {Noun}: {problem}.", nameof(last));
        First = first;
        Last = last;
    }

    /// <inheritdoc/>
    public static string Noun => "an IP range";

    /// <inheritdoc/>
    public static int MaxTextLength => (2 * IpAddress.MaxTextLength) + 1;

    /// <summary>The lowest address.</summary>
    public IpAddress First { get; }

    /// <summary>The highest address.</summary>
    public IpAddress Last { get; }

    /// <summary>False only for <c>default</c>.</summary>
    public bool IsValid => First.IsValid;

    /// <summary>The IP version, or <see cref="IpFamily.None"/> for <c>default</c>.</summary>
    public IpFamily Family => First.Family;

    /// <summary>
    /// How many addresses it holds. All of IPv6 is one more than <see cref="UInt128.MaxValue"/>, which stands for it.
    /// </summary>
    public UInt128 Count
    {
        get
        {
            var distance = Last.ToUInt128() - First.ToUInt128();
            return !IsValid ? 0 : distance == UInt128.MaxValue ? distance : distance + 1;
        }
    }

    /// <summary>Reads "first-last" or one address.</summary>
    /// <exception cref="FormatException">The text is no range; the message tells why.</exception>
    public static IpRange Parse(ReadOnlySpan<char> text) => TextValue.Parse<IpRange>(text);

    /// <inheritdoc/>
    public static bool TryParse(ReadOnlySpan<char> text, out IpRange value) => TryParse(text, out value, out _);

    /// <inheritdoc/>
    public static bool TryParse(
        ReadOnlySpan<char> text, out IpRange value, [NotNullWhen(false)] out string? problem)
    {
        value = default;
        var dash = text.IndexOf('-');
        if (!IpAddress.TryParse(dash < 0 ? text : text[..dash], out var first, out problem))
            return false;
        var last = first;
        if (dash >= 0 && !IpAddress.TryParse(text[(dash + 1)..], out last, out problem))
            return false;
        problem = Check(first, last);
        if (problem is not null)
            return false;
        value = new IpRange(first, last);
        return true;
    }

    /// <summary>Whether <paramref name="address"/> is of the same family and inside.</summary>
    public bool Contains(IpAddress address) => IsValid && First <= address && address <= Last;

    /// <summary>Whether all of <paramref name="other"/> is inside.</summary>
    public bool Contains(IpRange other) => Contains(other.First) && Contains(other.Last);

    /// <summary>Whether the two share an address.</summary>
    public bool Overlaps(IpRange other) => Contains(other.First) || other.Contains(First);

    /// <inheritdoc/>
    public int CompareTo(IpRange other)
    {
        var order = First.CompareTo(other.First);
        return order != 0 ? order : Last.CompareTo(other.Last);
    }

    /// <summary>"first-last", or the address alone when there is only one.</summary>
    public override string ToString() => TextValue.ToString(this);

    /// <inheritdoc cref="ISpanFormattable.TryFormat"/>
    public bool TryFormat(
        Span<char> destination, out int charsWritten,
        ReadOnlySpan<char> format, IFormatProvider? provider) =>
        First == Last
            ? First.TryFormat(destination, out charsWritten, format, provider)
            : TextValue.TryJoin(destination, First, '-', Last, out charsWritten);

    /// <inheritdoc cref="IUtf8SpanFormattable.TryFormat"/>
    public bool TryFormat(
        Span<byte> utf8Destination, out int bytesWritten,
        ReadOnlySpan<char> format, IFormatProvider? provider) =>
        TextValue.TryFormatUtf8(this, utf8Destination, out bytesWritten);

    /// <inheritdoc/>
    public static bool operator <(IpRange left, IpRange right) => left.CompareTo(right) < 0;

    /// <inheritdoc/>
    public static bool operator >(IpRange left, IpRange right) => left.CompareTo(right) > 0;

    /// <inheritdoc/>
    public static bool operator <=(IpRange left, IpRange right) => left.CompareTo(right) <= 0;

    /// <inheritdoc/>
    public static bool operator >=(IpRange left, IpRange right) => left.CompareTo(right) >= 0;

    private static string? Check(IpAddress first, IpAddress last) =>
        !first.IsValid || !last.IsValid ? "an end is unset"
        : first.Family != last.Family ? "its ends are of different IP versions"
        : last < first ? "its last address comes before its first"
        : null;
}
