namespace Cni.Protocol;

/// <summary>The variable <c>CNI_ARGS</c>: <c>KEY=VALUE</c> pairs separated by semicolons (CNI SPEC, "Parameters").</summary>
public sealed class CniArguments
{
    /// <summary>The key that allows others that a plugin does not know.</summary>
    public const string IgnoreUnknownKey = "IgnoreUnknown";

    private readonly Dictionary<string, string> _values;

    private CniArguments(Dictionary<string, string> values, bool ignoresUnknown)
    {
        _values = values;
        IgnoresUnknown = ignoresUnknown;
    }

    /// <summary>None.</summary>
    public static CniArguments Empty { get; } = new([], ignoresUnknown: false);

    /// <summary>Whether keys that the plugin does not know are to be passed over.</summary>
    public bool IgnoresUnknown { get; }

    /// <summary>All keys.</summary>
    public IReadOnlyCollection<string> Keys => _values.Keys;

    /// <summary>The value of a key, or null where it is absent or empty.</summary>
    public string? this[string key] => _values.TryGetValue(key, out var value) && value.Length > 0 ? value : null;

    /// <summary>Reads the variable.</summary>
    /// <param name="text">Its value; empty where it is not set.</param>
    /// <param name="arguments">What it says.</param>
    /// <param name="problem">What is wrong with it, for people.</param>
    public static bool TryParse(string text, out CniArguments arguments, out string? problem)
    {
        ArgumentNullException.ThrowIfNull(text);
        arguments = Empty;
        problem = null;
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in text.Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                problem = $"\"{pair}\" is no KEY=VALUE";
                return false;
            }

            if (!values.TryAdd(pair[..equals], pair[(equals + 1)..]))
            {
                problem = $"{pair[..equals]} is there twice";
                return false;
            }
        }

        var ignores = false;
        if (values.TryGetValue(IgnoreUnknownKey, out var said) && !TryReadFlag(said, out ignores))
        {
            problem = $"{IgnoreUnknownKey}={said} is neither true nor false";
            return false;
        }

        arguments = new CniArguments(values, ignores);
        return true;
    }

    private static bool TryReadFlag(string text, out bool flag)
    {
        flag = text is "1" || text.Equals("true", StringComparison.OrdinalIgnoreCase);
        return flag || text is "0" || text.Equals("false", StringComparison.OrdinalIgnoreCase);
    }
}
