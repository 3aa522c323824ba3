using System.Diagnostics;
using System.Globalization;
using System.Net;
using Fabric.Bench;
using Fabric.Bench.Migration;
using Fabric.Cli.Commands.Lab;
using Fabric.Cli.Datapath;
using Fabric.Cli.Guests;
using Fabric.Kube;
using Fabric.Primitives;
using Fabric.Resources;
using Lab.Runner.Lifecycle;
using Lab.Runner.Processes;
using Lab.Runner.State;
using Vmnet.KubeVirt;

namespace Fabric.Cli.Migration;

/// <summary>A lab of three nodes with a VM that moves between the first two.</summary>
internal sealed class MigrationSite : IMigrationSite
{
    private const string Vm = "mover";

    private static readonly ObjectKey VmKey = new("default", Vm);

    private const int LookMilliseconds = 10;
    private static readonly TimeSpan ReadyDeadline = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan MoveDeadline = TimeSpan.FromSeconds(60);

    private static readonly string[] Pods = ["first", "second", "third"];

    private readonly FabricLab _lab;
    private readonly LabOptions _options;
    private readonly KubeClient _client;
    private readonly LabGuest _guest;
    private bool _isFast = true;

    private MigrationSite(FabricLab lab, LabOptions options)
    {
        (_lab, _options, _client) = (lab, options, lab.Connect());
        _guest = new LabGuest(lab, _client, VmKey, "lan");
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Peers { get; private set; } = [];

    /// <inheritdoc/>
    public IPEndPoint Echo => new(_guest.Address, LabGuest.EchoPort);

    /// <inheritdoc/>
    public IPEndPoint Answers => new(_guest.Address, LabGuest.AnswerPort);

    /// <inheritdoc/>
    public IPEndPoint Sink => new(_guest.Address, LabGuest.SinkPort);

    /// <inheritdoc/>
    public IPEndPoint Source => new(_guest.Address, LabGuest.SourcePort);

    /// <summary>Brings everything up; nothing of it stays when that fails.</summary>
    internal static async Task<IMigrationSite> PrepareAsync(IProgress<string> progress, CancellationToken cancellationToken)
    {
        foreach (var abandoned in FabricLab.ListAbandoned())
        {
            await FabricLab.DownAsync(abandoned, cancellationToken);
        }

        var options = Programs.LabOptions(name: null, nodes: 3) with { EndsWithCaller = true };
        var site = new MigrationSite(await FabricLab.UpAsync(options, progress, cancellationToken), options);
        try
        {
            progress.Report("a VM, and a pod on each node");
            await site.StartAsync(cancellationToken);
            return site;
        }
        catch
        {
            await site.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task UseAsync(MigrationWay way, CancellationToken cancellationToken)
    {
        await _client.Resource(ResourceTypes.Nics).MutateAsync(
            _guest.Nic,
            nic =>
            {
                var others = (nic.Metadata.Annotations ?? []).Where(each => each.Key != FabricApi.ActivationStrategyAnnotation);
                return nic with
                {
                    Metadata = nic.Metadata with
                    {
                        Annotations = [.. others, .. way == MigrationWay.Rarp ? (KeyValuePair<string, string>[])[new(FabricApi.ActivationStrategyAnnotation, "rarp")] : []],
                    },
                };
            },
            cancellationToken);
        if (_isFast != (way == MigrationWay.Hold))
        {
            _isFast = way == MigrationWay.Hold;
            await FastPathSwitch.SetAsync(_lab.Record, _options.FabricProgram, _isFast, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async Task<Moved> MoveAsync(CancellationToken cancellationToken)
    {
        var before = new NicStatus();
        await UntilAsync("nothing is left of the migration before", MoveDeadline, async () => (before = await _guest.StatusAsync(cancellationToken)).Attachments.Count == 1, cancellationToken);
        var source = before.Attachments[0];
        using var there = await ListenAsync(source.PodName, before.MacAddress!.Value, cancellationToken);
        var migration = await BeginAsync(source.Node, cancellationToken);
        NicAttachment? target = null;
        await UntilAsync(
            "the target's launcher is plugged in",
            MoveDeadline,
            async () => (target = (await _guest.StatusAsync(cancellationToken)).Attachments.FirstOrDefault(each => each.PodUid != source.PodUid)) is not null,
            cancellationToken);
        using var here = await ListenAsync(target!.PodName, before.MacAddress!.Value, cancellationToken);
        var nic = await EndAsync(migration, cancellationToken);
        await Tool.RunAsync("ovn-nbctl", [$"--db=unix:{_lab.Folder.Central}/nb.sock", "--no-leader-only", "--timeout=20", "--wait=hv", "sync"], cancellationToken);
        var followed = Stopwatch.GetTimestamp();
        await UntilAsync("the guest answers where it has come to", MoveDeadline, () => Task.FromResult(here.FirstPacket != 0), cancellationToken);
        return new Moved(there.LastPacket, here.FirstFrame, here.FirstPacket, followed, nic.ActivationMicroseconds is { } took ? TimeSpan.FromMicroseconds(took) : null);
    }

    /// <inheritdoc/>
    public async Task<GuestCounters> CountersAsync(CancellationToken cancellationToken)
    {
        var lines = (await _guest.RunAsync("cat /proc/net/snmp", cancellationToken)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return new GuestCounters(Counter(lines, "Tcp:", "RetransSegs"), Counter(lines, "Udp:", "InErrors"));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _lab.DownAsync(CancellationToken.None);
    }

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        await Tool.RunAsync(_options.FabricProgram, ["apply", "--kubeconfig", _lab.Folder.Kubeconfig, "-f", "-"], cancellationToken, input: Manifests());
        await UntilAsync(
            "the VM and the pods run",
            ReadyDeadline,
            async () =>
            {
                var status = await _lab.StatusAsync(cancellationToken);
                return Pods.All(pod => status.Pods.Any(each => each.Name == pod && each.Phase == "Running")) && await _guest.StatusAsync(cancellationToken) is { Phase: NicPhase.Attached };
            },
            cancellationToken);
        Peers = await Task.WhenAll(Pods.Select(pod => _lab.NamespaceOfAsync(new ObjectKey("default", pod), cancellationToken)));
        await _guest.ServeAsync(cancellationToken);

        // To one of the two nodes that it then moves between; and the first time is slower.
        await EndAsync(await BeginAsync((await _guest.StatusAsync(cancellationToken)).Node!, cancellationToken), cancellationToken);
    }

    private Task<VirtualMachineInstanceMigration> BeginAsync(string source, CancellationToken cancellationToken)
    {
        var target = source == _lab.Record.Nodes[0].Name ? _lab.Record.Nodes[1].Name : _lab.Record.Nodes[0].Name;
        return _client.Resource(KubeVirtTypes.Migrations).CreateAsync(
            new VirtualMachineInstanceMigration
            {
                Metadata = new ObjectMeta { GenerateName = "bench-", Namespace = VmKey.Namespace },
                Spec = new VirtualMachineInstanceMigrationSpec { VmiName = Vm, AddedNodeSelector = [KeyValuePair.Create("kubernetes.io/hostname", target)] },
            },
            cancellationToken);
    }

    private async Task<NicMigration> EndAsync(VirtualMachineInstanceMigration migration, CancellationToken cancellationToken)
    {
        await UntilAsync("the migration has ended", MoveDeadline, () => HasEndedAsync(migration, cancellationToken), cancellationToken);
        NicMigration? nic = null;
        await UntilAsync("the Nic has followed", MoveDeadline, async () => IsWhole(nic = (await _guest.StatusAsync(cancellationToken)).Migration, migration.Metadata.Uid!), cancellationToken);
        return nic!;
    }

    /// <summary>Each protocol has two lines of which the first names the fields of the second.</summary>
    private static long Counter(string[] lines, string protocol, string field)
    {
        var fields = lines.Where(line => line.StartsWith(protocol, StringComparison.Ordinal)).Select(line => line.Split(' ')).ToArray();
        return long.Parse(fields[1][Array.IndexOf(fields[0], field)], CultureInfo.InvariantCulture);
    }

    private async Task<GuestVoice> ListenAsync(string launcher, MacAddress mac, CancellationToken cancellationToken)
    {
        GuestVoice? voice = null;
        await UntilAsync("the launcher has the guest's tap", MoveDeadline, async () =>
        {
            try
            {
                return (voice = GuestVoice.TryListen(await _lab.NamespaceOfAsync(new ObjectKey("default", launcher), cancellationToken), mac)) is not null;
            }
            catch (LabException)
            {
                // Its sandbox is being made.
                return false;
            }
        }, cancellationToken);
        return voice!;
    }

    private async Task<bool> HasEndedAsync(VirtualMachineInstanceMigration migration, CancellationToken cancellationToken)
    {
        var now = await _client.Resource(KubeVirtTypes.Migrations).GetAsync(KubeVirtTypes.Migrations.KeyOf(migration), cancellationToken);
        return now?.Status?.Phase != "Failed" ? now?.IsFinished == true
            : throw new BenchException($"migration {migration.Metadata.Name} failed: the logs are in {_lab.Folder.Path}");
    }

    /// <summary>Figures come with the last frame that was kept.</summary>
    private static bool IsWhole(NicMigration? migration, string uid) =>
        migration is { Phase: NicMigrationPhase.Converged } && migration.Uid == uid && (migration.ActivationMicroseconds is not null || migration.LeftToOvn || migration.Message is not null);

    private static async Task UntilAsync(string what, TimeSpan deadline, Func<Task<bool>> isSo, CancellationToken cancellationToken)
    {
        if (!await Until.TrueAsync(_ => isSo(), deadline, cancellationToken, LookMilliseconds))
        {
            throw new BenchException($"after {deadline.TotalSeconds:0} s it is not so that {what}");
        }
    }

    private static string Manifests() => $$"""
        apiVersion: fabric.vmnet.io/v1alpha1
        kind: Subnet
        metadata: {name: bench}
        spec:
          default: true
          ipv4:
            cidr: 10.231.78.0/24
        ---
        apiVersion: kubevirt.io/v1
        kind: VirtualMachine
        metadata: {name: {{Vm}}, namespace: default}
        spec:
          runStrategy: Always
          template:
            metadata:
              annotations:
                kubevirt.io/allow-pod-bridge-network-live-migration: "true"
            spec:
              terminationGracePeriodSeconds: 0
              networks:
              - name: lan
                pod: {}
              domain:
                memory: {guest: 128Mi}
                devices:
                  interfaces:
                  - name: lan
                    bridge: {}
        {{string.Concat(Pods.Select((name, i) => Pod(name, $"node{i + 1}")))}}
        """;

    private static string Pod(string name, string node) => $$"""

        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: {{name}}, namespace: default}
        spec:
          nodeName: {{node}}
          terminationGracePeriodSeconds: 0
          containers: [{name: main, image: busybox, command: [sleep, "3600"]}]
        """;
}
