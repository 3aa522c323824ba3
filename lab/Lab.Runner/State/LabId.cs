using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace Lab.Runner.State;

/// <summary>The short name that everything of one lab carries: 1 to 6 of <c>a-z</c> and <c>0-9</c>, the first a letter.</summary>
/// <remarks>Six, because an interface name (15 characters, <c>IFNAMSIZ</c> less the end mark) holds <c>fl</c>, the id and a suffix.</remarks>
public readonly partial record struct LabId
{
    private const string Letters = "abcdefghijkmnpqrstuvwxyz";
    private const string LettersAndDigits = "abcdefghijkmnpqrstuvwxyz23456789";

    private LabId(string value) => Value = value;

    /// <summary>The id as text; null only in <c>default</c>, which is invalid.</summary>
    public string Value { get; }

    /// <summary><c>fl</c> and the id: the beginning of every namespace, cgroup and interface name of the lab.</summary>
    public string Prefix => "fl" + Value;

    /// <summary>Makes a random id of four characters that does not look like a word with an ambiguous letter.</summary>
    public static LabId NewRandom() =>
        new(RandomNumberGenerator.GetString(Letters, 1) + RandomNumberGenerator.GetString(LettersAndDigits, 3));

    /// <summary>Reads an id that a person wrote.</summary>
    /// <exception cref="LabException">It is not 1 to 6 lower-case letters and digits beginning with a letter.</exception>
    public static LabId Parse(string text) => Pattern().IsMatch(text)
        ? new LabId(text)
        : throw new LabException($"'{text}' is no lab name: use 1 to 6 of a-z and 0-9, the first a letter");

    /// <inheritdoc/>
    public override string ToString() => Value;

    [GeneratedRegex("^[a-z][a-z0-9]{0,5}\\z", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Pattern();
}
