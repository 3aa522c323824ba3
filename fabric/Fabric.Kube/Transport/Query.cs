using System.Text;

namespace Fabric.Kube.Transport;

/// <summary>Appends query parameters to a path, escaped.</summary>
public static class Query
{
    /// <summary>Appends the parameters that have a value to a path that has none yet.</summary>
    public static string Append(string path, params ReadOnlySpan<(string Name, string? Value)> parameters)
    {
        var query = new StringBuilder(path);
        var separator = '?';
        foreach (var (name, value) in parameters)
        {
            if (string.IsNullOrEmpty(value))
                continue;
            query.Append(separator).Append(name).Append('=').Append(Uri.EscapeDataString(value));
            separator = '&';
        }
        return query.ToString();
    }
}
