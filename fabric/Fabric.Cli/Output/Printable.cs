using System.Text;

namespace Fabric.Cli.Output;

/// <summary>Text of objects as a terminal may be given it: what others wrote must not move the cursor or colour the screen.</summary>
internal static class Printable
{
    /// <summary>One line: control characters become visible, and what follows a line break is left out.</summary>
    public static string Line(string text)
    {
        var end = text.AsSpan().IndexOfAny('\n', '\r');
        if (end >= 0)
            text = text[..end] + "...";
        return Visible(text);
    }

    /// <summary>Control characters but line breaks and tabs become visible.</summary>
    public static string Visible(string text)
    {
        if (!text.Any(IsHidden))
            return text;
        var visible = new StringBuilder(text.Length + 8);
        foreach (var letter in text)
        {
            if (IsHidden(letter))
                visible.Append($"\\u{(int)letter:x4}");
            else
                visible.Append(letter);
        }

        return visible.ToString();
    }

    /// <summary>Columns that a text takes: characters, not UTF-16 units.</summary>
    public static int Width(string text) => text.EnumerateRunes().Count();

    private static bool IsHidden(char letter) => char.IsControl(letter) && letter is not ('\n' or '\t');
}
