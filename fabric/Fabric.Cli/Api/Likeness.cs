namespace Fabric.Cli.Api;

/// <summary>What a user may have meant by a word that is not known.</summary>
internal static class Likeness
{
    /// <summary>Two slips of the finger are still recognised; more would be guessing.</summary>
    private const int MostEdits = 2;

    /// <returns>The nearest of the known words, or null when none is near.</returns>
    public static string? Nearest(string word, IEnumerable<string> known) => known
        .Distinct(StringComparer.OrdinalIgnoreCase)
        .Select(candidate => (candidate, edits: Edits(word.ToLowerInvariant(), candidate.ToLowerInvariant())))
        .Where(pair => pair.edits <= Math.Min(MostEdits, word.Length / 2))
        .OrderBy(pair => pair.edits)
        .Select(pair => pair.candidate)
        .FirstOrDefault();

    /// <summary>Insertions, deletions and replacements that make one word of the other (Levenshtein).</summary>
    private static int Edits(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }
}
