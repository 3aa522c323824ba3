using System.Globalization;

namespace Fabric.Cli.Terminal;

/// <summary>Times as users write them: <c>90s</c>, <c>5m</c>, <c>1h30m</c>, or a number of seconds.</summary>
internal static class Durations
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(365);

    /// <returns>Null for 0: no limit.</returns>
    /// <exception cref="CommandFailure">It is none, or longer than a year.</exception>
    public static TimeSpan? Parse(string text)
    {
        var total = TimeSpan.Zero;
        var rest = text.AsSpan();
        do
        {
            var digits = rest.IndexOfAnyExceptInRange('0', '9') is >= 0 and var end ? end : rest.Length;
            if (!int.TryParse(rest[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                throw Wrong(text);
            var isPlain = digits == text.Length;
            total += number * (isPlain || rest[digits..] is ['s', ..] ? TimeSpan.FromSeconds(1)
                : rest[digits..] is ['m', ..] ? TimeSpan.FromMinutes(1)
                : rest[digits..] is ['h', ..] ? TimeSpan.FromHours(1)
                : throw Wrong(text));
            if (total > Longest)
                throw Wrong(text);
            rest = isPlain ? default : rest[(digits + 1)..];
        }
        while (!rest.IsEmpty);
        return total == TimeSpan.Zero ? null : total;
    }

    private static CommandFailure Wrong(string text) => new($"\"{text}\" is no time up to a year: write 30s, 5m or 1h30m");
}
