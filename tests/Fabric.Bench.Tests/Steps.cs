using System.Text.RegularExpressions;

namespace Fabric.Bench.Tests;

/// <summary>Notes where a benchmark's servers have their files, and acts when a step begins.</summary>
internal sealed partial class Steps(string? at = null, Action? act = null) : IProgress<string>
{
    private string? _folder;

    public void Report(string value)
    {
        _folder ??= TestProgram.Children().Select(command => FolderPattern().Match(command)).FirstOrDefault(match => match.Success)?.Value;
        if (at is not null && value.StartsWith(at, StringComparison.Ordinal))
            act!();
    }

    /// <summary>Shows that servers ran, and that neither they nor their files are there any more.</summary>
    public void AssertNothingLeft()
    {
        Assert.NotNull(_folder);
        Assert.False(Directory.Exists(_folder));
        Assert.DoesNotContain(TestProgram.Children(), command => command.Contains(_folder, StringComparison.Ordinal));
    }

    [GeneratedRegex("/[^ :]*/fabric-bench-[^/ ]+")]
    private static partial Regex FolderPattern();
}
