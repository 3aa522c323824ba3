using System.Globalization;

namespace Fabric.ApiServer.Printing;

/// <summary>Ages as kubectl's users read them: <c>5s</c>, <c>3m20s</c>, <c>47h</c>, <c>12d</c>, <c>2y34d</c>.</summary>
public static class Age
{
    /// <summary>Where there is no time.</summary>
    public const string Unknown = "<unknown>";

    /// <summary>The time since a timestamp.</summary>
    /// <param name="timestamp">RFC 3339.</param>
    /// <param name="now">The moment it is asked.</param>
    public static string Since(string? timestamp, DateTimeOffset now)
        => DateTimeOffset.TryParse(timestamp, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind | DateTimeStyles.AllowWhiteSpaces, out var then) ? Text(now - then) : Unknown;

    /// <summary>Fine where the time is short, coarse where it is long.</summary>
    public static string Text(TimeSpan time)
    {
        var seconds = (long)time.TotalSeconds;
        if (seconds < -1) return "<invalid>";
        if (seconds < 0) return "0s";
        var (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86400);
        if (seconds < 120) return $"{seconds}s";
        if (minutes < 10) return Two(minutes, "m", seconds % 60, "s");
        if (minutes < 180) return $"{minutes}m";
        if (hours < 8) return Two(hours, "h", minutes % 60, "m");
        if (hours < 48) return $"{hours}h";
        if (days < 8) return Two(days, "d", hours % 24, "h");
        if (days < 730) return $"{days}d";
        return days < 8 * 365 ? Two(days / 365, "y", days % 365, "d") : $"{days / 365}y";
    }

    private static string Two(long large, string largeUnit, long small, string smallUnit)
        => small == 0 ? $"{large}{largeUnit}" : $"{large}{largeUnit}{small}{smallUnit}";
}
