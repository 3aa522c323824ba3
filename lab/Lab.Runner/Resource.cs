namespace Lab.Runner;

/// <summary>Files compiled into this assembly: scripts and C sources that run elsewhere.</summary>
internal static class Resource
{
    /// <summary>The text of one, by its path in this project with dots for slashes.</summary>
    public static string Text(string name)
    {
        using Stream stream = typeof(Resource).Assembly.GetManifestResourceStream($"Lab.Runner.{name}")
            ?? throw new ArgumentException($"no resource '{name}'", nameof(name));
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
