namespace Fabric.Kube.Configuration;

/// <summary>The connection to the Kubernetes API is described wrongly or incompletely. The message names the file, the entry and what to do.</summary>
public sealed class KubeConfigException : Exception
{
    /// <summary>Names what is wrong in <paramref name="source"/>, a file or the environment.</summary>
    public KubeConfigException(string source, string problem, Exception? innerException = null)
        : base($"{source}: {problem}", innerException) => ConfigSource = source;

    /// <summary>The file or environment that was read.</summary>
    public string ConfigSource { get; }
}
