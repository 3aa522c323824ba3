using System.Runtime.CompilerServices;

namespace Lab.Cluster.Tests.Bindings;

/// <summary>A test with real network namespaces: skipped without root, and failed when a continuous build lacks it.</summary>
public sealed class NetnsFactAttribute : FactAttribute
{
    public NetnsFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line)
    {
        if (!Environment.IsPrivilegedProcess && Environment.GetEnvironmentVariable("CI") is not "true")
            Skip = "needs root";
    }
}
