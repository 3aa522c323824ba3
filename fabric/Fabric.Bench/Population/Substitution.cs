using System.Text;

namespace Fabric.Bench.Population;

/// <summary>A text in which some words stand for others: found once, put together anew for each copy.</summary>
internal sealed class Substitution
{
    private readonly List<(string Literal, int Word)> _parts = [];
    private readonly string _tail;

    /// <summary>Finds the words where no letter or digit touches them: 10.0.0.2 is not found in 10.0.0.20.</summary>
    /// <param name="words">Not empty; of two that match at the same place the longer counts.</param>
    internal Substitution(string text, IReadOnlyList<string> words)
    {
        var from = 0;
        for (var at = 0; at < text.Length;)
        {
            var found = Longest(text, at, words);
            if (found < 0)
            {
                at++;
                continue;
            }

            _parts.Add((text[from..at], found));
            at += words[found].Length;
            from = at;
        }

        _tail = text[from..];
    }

    /// <summary>The text with word number i replaced by value number i.</summary>
    internal string With(params ReadOnlySpan<string> values)
    {
        var text = new StringBuilder();
        foreach (var (literal, word) in _parts)
        {
            text.Append(literal).Append(values[word]);
        }

        return text.Append(_tail).ToString();
    }

    private static int Longest(string text, int at, IReadOnlyList<string> words)
    {
        var longest = -1;
        for (var i = 0; i < words.Count; i++)
        {
            var word = words[i];
            if (string.CompareOrdinal(text, at, word, 0, word.Length) == 0 && StandsAlone(text, at, word.Length)
                && (longest < 0 || word.Length > words[longest].Length))
            {
                longest = i;
            }
        }

        return longest;
    }

    private static bool StandsAlone(string text, int at, int length) =>
        (at == 0 || !char.IsAsciiLetterOrDigit(text[at - 1]))
        && (at + length == text.Length || !char.IsAsciiLetterOrDigit(text[at + length]));
}
