namespace Node.Testing;

/// <summary>What a test needs of the machine, for <c>[Fact(Skip = …, SkipUnless = …, SkipType = typeof(Needs))]</c>.</summary>
/// <remarks>With CI set nothing is skipped: a missing capability then fails the test.</remarks>
public static class Needs
{
    /// <summary>The reason shown when a test is skipped for want of <see cref="Root"/>.</summary>
    public const string RootReason = "needs root, for network namespaces";

    public static bool Root => Environment.IsPrivilegedProcess || OnCi;

    private static bool OnCi => Environment.GetEnvironmentVariable("CI") is { Length: > 0 };
}
