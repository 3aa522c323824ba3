using System.Diagnostics;
using Lab.Runner.Processes;
using Lab.Runner.State;

namespace Lab.Runner.Tests.State;

public sealed class LedgerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ledger").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Entries_come_back_as_they_were_written()
    {
        LedgerEntry[] entries = [new CgroupMade("flx"), new NamespaceMade("flx-node1"), new ProcessMade("qemu", 12, 34, "/log"), new FileMade("/a \"b\""), new ProcessReleased(12)];
        using (Ledger ledger = Ledger.Open(_folder, "up"))
        {
            Array.ForEach(entries, ledger.Add);
        }

        Assert.Equal(entries, Ledger.Read(_folder));
    }

    [Fact]
    public void A_line_cut_short_by_a_crash_is_passed_over_and_does_not_swallow_the_next()
    {
        using (Ledger ledger = Ledger.Open(_folder, "up"))
        {
            ledger.Add(new NamespaceMade("one"));
        }

        File.AppendAllText(Path.Combine(_folder, "ledger.up.jsonl"), "{\"made\":\"namesp");
        using (Ledger ledger = Ledger.Open(_folder, "up"))
        {
            ledger.Add(new NamespaceMade("two"));
        }

        Assert.Equal([new NamespaceMade("one"), new NamespaceMade("two")], Ledger.Read(_folder));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("{\"made\":\"dragon\"}")]
    [InlineData("{\"made\":\"process\",\"pid\":\"x\"}")]
    [InlineData("\0\0\0")]
    public void A_line_that_is_no_entry_is_passed_over(string line) => Assert.Null(Ledger.Parse(line));

    [Fact]
    public void Removal_takes_the_box_of_processes_first_and_then_the_newest()
    {
        LedgerEntry[] written = [new CgroupMade("c"), new NamespaceMade("1"), new ProcessMade("p", 1, 1, null), new NamespaceMade("2")];
        Assert.Equal([new CgroupMade("c"), new NamespaceMade("2"), new NamespaceMade("1")], Removal.Order(written));
    }

    [Fact]
    public void Only_mounts_of_the_folder_itself_are_undone_deepest_first()
    {
        string[] mountInfo =
        [
            "22 1 254:0 / / rw - ext4 /dev/vda rw",
            "30 22 0:1 / /run/fabric-lab/ab rw - tmpfs t rw",
            "31 30 0:2 / /run/fabric-lab/ab/x\\040y rw - tmpfs t rw",
            "32 22 0:3 / /run/fabric-lab/abc rw - tmpfs t rw",
        ];
        Assert.Equal(["/run/fabric-lab/ab/x y", "/run/fabric-lab/ab"], Removal.MountsBelow("/run/fabric-lab/ab", mountInfo));
    }

    [Fact]
    public void The_unified_hierarchy_is_preferred_and_other_mounts_are_ignored()
    {
        string[] mountInfo =
        [
            "1 0 0:1 / /sys/fs/cgroup rw shared:9 - tmpfs tmpfs rw",
            "2 1 0:2 / /sys/fs/cgroup/pids rw shared:10 - cgroup cgroup rw,pids",
            "3 1 0:3 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw",
        ];
        Assert.Equal(["/sys/fs/cgroup/unified", "/sys/fs/cgroup/pids"], Cgroup.Mounts(mountInfo));
    }

    [NeedsRootFact]
    public async Task A_lab_whose_maker_was_killed_is_removed_whole_and_nothing_else_is()
    {
        CancellationToken cancelled = TestContext.Current.CancellationToken;
        using Process bystander = Process.Start("sleep", "1000");
        TestLab lab = await TestLab.WithNetworkAsync(nodes: 1);

        // What a kill leaves: a process started and not yet recorded, a torn line, a number that belongs to another by now.
        DaemonStart unrecorded = new("sleep", "sleep", ["1000"], $"{lab.Folder.Path}/sleep.log", lab.Record.Nodes[0].Namespace);
        using Ledger lost = Ledger.Open(_folder, "lost");
        ProcessIdentity orphan = await new Launcher(lab.Cgroup, lost).StartAsync(unrecorded, cancelled);
        lab.Ledger.Add(new ProcessMade("reused number", bystander.Id, 1, null));
        lab.Ledger.Dispose();
        await File.AppendAllTextAsync($"{lab.Folder.Path}/ledger.up.jsonl", "{\"made\":\"na", cancelled);

        await Removal.RunAsync(lab.Folder, cancelled);
        await Removal.RunAsync(lab.Folder, cancelled);

        Assert.False(orphan.IsAlive);
        Assert.Empty(lab.Cgroup.Processes());
        Assert.DoesNotContain(Directory.GetFiles("/run/netns"), n => Path.GetFileName(n).StartsWith(lab.Folder.Id.Prefix + "-", StringComparison.Ordinal));
        Assert.False(Directory.Exists(lab.Folder.Path));
        Assert.False(bystander.HasExited);
        bystander.Kill();
    }
}
