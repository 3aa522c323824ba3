using System.Runtime.Versioning;
using System.Text.RegularExpressions;

namespace Architecture.Tests;

/// <summary>What may not be written in a source file, or only in some.</summary>
public partial class SourceTests
{
    /// <summary>Where native functions are declared; all other code sees safe handles and exceptions.</summary>
    private static readonly string[] NativeFolders =
    [
        "bpf/Bpf.Interop/",
        "cni/Cni.Netlink/",
        "cni/Cni.Plugin/",
        "fabric/Fabric.ApiServer/Storage/SqliteLibrary.cs",
        "lab/Lab.Runner/Interop/",
    ];

    [Fact]
    public void Native_functions_are_declared_only_in_their_folders() =>
        AssertNone(Matches(
            Repository.ProductFiles.Where(file => file.EndsWith(".cs", StringComparison.Ordinal)
                && !NativeFolders.Any(folder => file.StartsWith(folder, StringComparison.Ordinal))),
            NativeDeclaration()));

    [Fact]
    public void Every_native_folder_exists() =>
        Assert.All(NativeFolders, folder => Assert.Contains(
            Repository.Files, file => file.StartsWith(folder, StringComparison.Ordinal)));

    [Fact]
    public void Grains_do_not_block_leave_their_turn_or_read_the_clock() =>
        AssertNone(Matches(
            Repository.ProductFiles.Where(file => file.StartsWith("fabric/Fabric.Grains/", StringComparison.Ordinal)
                && file.EndsWith(".cs", StringComparison.Ordinal)),
            BannedInGrains()));

    [Fact]
    public void Tests_wait_for_conditions_and_do_not_sleep() =>
        AssertNone(Matches(
            Repository.Files.Where(file => file.StartsWith("tests/", StringComparison.Ordinal)
                && file.EndsWith(".cs", StringComparison.Ordinal) && !file.StartsWith("tests/Architecture.Tests/", StringComparison.Ordinal)),
            Sleep()));

    [Fact]
    public void Product_code_leaves_nothing_for_later() =>
        AssertNone(Matches(Repository.ProductFiles.Where(Repository.IsSource), LeftForLater(), comments: true));

    [Fact]
    public void No_source_file_names_a_folder_of_the_machine_it_was_written_on() =>
        AssertNone(Matches(
            Repository.Files.Where(file => (Repository.IsSource(file) || file.EndsWith(".md", StringComparison.Ordinal))
                && !file.StartsWith("tests/Architecture.Tests/", StringComparison.Ordinal)),
            MachinePath(), comments: true));

    [Fact]
    [SupportedOSPlatform("linux")]
    public void Shell_scripts_stop_at_the_first_failure()
    {
        // Those under lab/ are read by the guest's busybox or are made of steps that may fail.
        var scripts = Repository.Files.Where(file => !file.StartsWith("lab/", StringComparison.Ordinal)
            && (file.EndsWith(".sh", StringComparison.Ordinal) || file == ".ci/run")).ToList();
        Assert.Contains("tests/run.sh", scripts);
        Assert.Contains(".ci/run", scripts);
        Assert.All(scripts, script =>
        {
            Assert.Contains("set -euo pipefail", Repository.Lines(script));
            Assert.True(
                File.GetUnixFileMode(Repository.FullPath(script)).HasFlag(UnixFileMode.UserExecute),
                $"{script} is not executable.");
        });
    }

    [Theory]
    [InlineData("Task.Run(() => 1);", true)]
    [InlineData("Thread.Sleep(1);", true)]
    [InlineData("var now = DateTime.UtcNow;", true)]
    [InlineData("await Task.RunContinuations();", false)]
    [InlineData("MyTask.Run();", false)]
    public void The_pattern_for_grains_finds_calls(string line, bool found) =>
        Assert.Equal(found, BannedInGrains().IsMatch(line));

    [Theory]
    [InlineData("\"/work/main/x\"", true)]
    [InlineData("see /root/notes", true)]
    [InlineData("\"/home/me/x\"", true)]
    [InlineData("\"artifacts/work/x\"", false)]
    [InlineData("\"/run/fabric/root/x\"", false)]
    [InlineData("\"$HOME/work/\"", false)]
    public void The_pattern_for_machine_paths_finds_absolute_ones(string line, bool found) =>
        Assert.Equal(found, MachinePath().IsMatch(line));

    private static List<string> Matches(IEnumerable<string> files, Regex pattern, bool comments = false) =>
        [.. files.SelectMany(file => Repository.Lines(file)
            .Select((line, index) => (line, Place: $"{file}:{index + 1}: {line.Trim()}"))
            .Where(at => comments || !at.line.TrimStart().StartsWith("//", StringComparison.Ordinal))
            .Where(at => pattern.IsMatch(at.line))
            .Select(at => at.Place))];

    private static void AssertNone(List<string> places) =>
        Assert.True(places.Count == 0, string.Join(Environment.NewLine, places));

    [GeneratedRegex(@"\[(LibraryImport|DllImport)\b|SetDllImportResolver")]
    private static partial Regex NativeDeclaration();

    [GeneratedRegex(@"\b(Thread\.Sleep|Task\.Run|Task\.Factory\.StartNew|DateTime(Offset)?\.(Utc)?Now)\b")]
    private static partial Regex BannedInGrains();

    [GeneratedRegex(@"\bThread\.Sleep\b")]
    private static partial Regex Sleep();

    [GeneratedRegex(@"\b(TODO|FIXME)\b")]
    private static partial Regex LeftForLater();

    [GeneratedRegex(@"(?<![\w.$}*~-])/(work|root|home)/")]
    private static partial Regex MachinePath();
}
