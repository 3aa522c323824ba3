using System.Diagnostics.CodeAnalysis;

namespace Fabric.Primitives;

/// <summary>
/// A small value with one canonical text, which is also its form in JSON. Parsing accepts every spelling the value's
/// standard allows; formatting always gives the canonical one, and neither depends on a culture.
/// </summary>
/// <typeparam name="TSelf">The value itself.</typeparam>
/// <remarks>Successful parsing and formatting of spans allocate nothing.</remarks>
public interface ITextValue<TSelf> : ISpanParsable<TSelf>, ISpanFormattable, IUtf8SpanFormattable
    where TSelf : struct, ITextValue<TSelf>
{
    /// <summary>What the value is called in a message, with its article: "an IP address".</summary>
    static abstract string Noun { get; }

    /// <summary>Length in characters of the longest canonical text; all canonical text is ASCII.</summary>
    static abstract int MaxTextLength { get; }

    /// <summary>Reads <paramref name="text"/>; surrounding white space is not accepted.</summary>
    static abstract bool TryParse(ReadOnlySpan<char> text, out TSelf value);

    /// <summary>As the shorter form, and on failure tells what is wrong.</summary>
    /// <param name="text">The text to read.</param>
    /// <param name="value">The value, or <c>default</c>.</param>
    /// <param name="problem">A clause that can follow "'text' is not …: ", without a full stop.</param>
    static abstract bool TryParse(
        ReadOnlySpan<char> text, out TSelf value, [NotNullWhen(false)] out string? problem);

    static TSelf IParsable<TSelf>.Parse(string s, IFormatProvider? provider) => TextValue.Parse<TSelf>(s);

    static bool IParsable<TSelf>.TryParse(string? s, IFormatProvider? provider, out TSelf result) =>
        TSelf.TryParse(s, out result);

    static TSelf ISpanParsable<TSelf>.Parse(ReadOnlySpan<char> s, IFormatProvider? provider) =>
        TextValue.Parse<TSelf>(s);

    static bool ISpanParsable<TSelf>.TryParse(
        ReadOnlySpan<char> s, IFormatProvider? provider, out TSelf result) => TSelf.TryParse(s, out result);

    string IFormattable.ToString(string? format, IFormatProvider? formatProvider) => ToString()!;
}
