using System.Runtime.CompilerServices;

namespace Lab.Runner.Tests;

/// <summary>A test of the real thing: skipped without root, and failed when a continuous build lacks it.</summary>
public sealed class NeedsRootFactAttribute : FactAttribute
{
    public NeedsRootFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line)
    {
        if (!Environment.IsPrivilegedProcess && Environment.GetEnvironmentVariable("CI") is not "true")
        {
            Skip = "needs root";
        }
    }
}
