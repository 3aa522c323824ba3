using System.Diagnostics;
using Lab.Runner.Processes;
using Lab.Runner.State;
using Lab.Runner.Topology;

namespace Lab.Runner.Tests;

/// <summary>The network part of a lab, made for one test and taken down after it by its ledger.</summary>
public sealed class TestLab : IAsyncDisposable
{
    private TestLab(LabFolder folder, LabRecord record, Ledger ledger, Cgroup cgroup)
    {
        Folder = folder;
        Record = record;
        Ledger = ledger;
        Launcher = new Launcher(cgroup, ledger);
        Cgroup = cgroup;
    }

    public LabFolder Folder { get; }

    internal LabRecord Record { get; }

    internal Ledger Ledger { get; }

    internal Launcher Launcher { get; }

    internal Cgroup Cgroup { get; }

    public TimeSpan NetworkTime { get; private set; }

    public static TestLab Create(int nodes)
    {
        var folder = new LabFolder(LabId.NewRandom());
        LabFolder.Make(folder.Path);
        var ledger = Ledger.Open(folder.Path, "up");
        var cgroup = Cgroup.Named(folder.Id.Prefix);
        ledger.Add(new CgroupMade(cgroup.Name));
        cgroup.Create();
        LabRecord record = Plan.For(folder, nodes, kernelDatapath: false, apiPort: 1, guestFolder: "/none", new HashSet<string>());
        return new TestLab(folder, record, ledger, cgroup);
    }

    public static async Task<TestLab> WithNetworkAsync(int nodes)
    {
        TestLab lab = Create(nodes);
        long start = Stopwatch.GetTimestamp();
        try
        {
            CancellationToken cancelled = TestContext.Current.CancellationToken;
            using Pki pki = Pki.Create(lab.Folder.Pki);
            await Underlay.CreateAsync(lab.Record, lab.Ledger, cancelled);
            await Task.WhenAll(lab.Record.Nodes
                .Select(n => NodeNetwork.StartAsync(lab.Record, n, pki, lab.Launcher, cancelled))
                .Prepend(Central.StartAsync(lab.Record, lab.Folder, pki, lab.Launcher, cancelled)));
            await NodeNetwork.MeetAsync(lab.Record, cancelled);
        }
        catch
        {
            await lab.DisposeAsync();
            throw;
        }

        lab.NetworkTime = Stopwatch.GetElapsedTime(start);
        return lab;
    }

    public static Task<string> InAsync(string ns, params string[] command) =>
        Tool.RunAsync("nsenter", [$"--net=/run/netns/{ns}", "--", .. command], TestContext.Current.CancellationToken);

    public Task<string> NbctlAsync(params string[] command) =>
        Tool.RunAsync("ovn-nbctl", [$"--db=unix:{Central.NorthboundSocket(Folder)}", "--timeout=20", .. command], TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        Ledger.Dispose();
        await Removal.RunAsync(Folder, CancellationToken.None);
    }
}
