namespace Fabric.Bench.Machine;

/// <summary>Reads the <c>Name: value</c> files of proc(5).</summary>
internal static class ProcFile
{
    /// <summary>The value of the first line of that name, or null.</summary>
    internal static string? Value(IEnumerable<string> lines, string name)
    {
        foreach (var line in lines)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0 && line.AsSpan(0, colon).Trim().SequenceEqual(name))
            {
                return line[(colon + 1)..].Trim();
            }
        }

        return null;
    }

    /// <summary>The value of a line such as <c>VmRSS:  1234 kB</c>.</summary>
    internal static long Kibibytes(IEnumerable<string> lines, string name) =>
        Value(lines, name) is { } value && value.EndsWith(" kB", StringComparison.Ordinal)
            ? long.Parse(value.AsSpan(0, value.Length - 3))
            : throw new FormatException($"the kernel does not say {name}");
}
