namespace Lab.Runner;

/// <summary>Files compiled into this assembly: scripts and programs that run elsewhere.</summary>
internal static class Resource
{
    /// <summary>The text of one, by its path in this project with dots for slashes.</summary>
    public static string Text(string name)
    {
        using var reader = new StreamReader(Open(name));
        return reader.ReadToEnd();
    }

    /// <summary>The bytes of one.</summary>
    /// <inheritdoc cref="Text"/>
    public static byte[] Bytes(string name)
    {
        using Stream stream = Open(name);
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static Stream Open(string name) => typeof(Resource).Assembly.GetManifestResourceStream($"Lab.Runner.{name}")
        ?? throw new ArgumentException($"no resource '{name}'", nameof(name));
}
