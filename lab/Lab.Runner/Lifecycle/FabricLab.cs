using System.Net.Sockets;
using System.Text.Json;
using Fabric.Kube;
using Fabric.Kube.Configuration;
using Fabric.Kube.Transport;
using Fabric.Resources;
using Fabric.Resources.Core;
using Lab.Runner.Containerd;
using Lab.Runner.Guest;
using Lab.Runner.Processes;
using Lab.Runner.Qemu;
using Lab.Runner.Relay;
using Lab.Runner.State;
using Lab.Runner.Topology;
using Vmnet.KubeVirt;

namespace Lab.Runner.Lifecycle;

/// <summary>One lab on this machine: brought up, looked at, used, taken down.</summary>
public sealed class FabricLab
{
    private const string UpName = "fabric lab up";
    private static readonly TimeSpan StatusDeadline = TimeSpan.FromSeconds(5);

    private FabricLab(LabFolder folder, LabRecord record)
    {
        Folder = folder;
        Record = record;
    }

    /// <summary>Where it keeps everything.</summary>
    public LabFolder Folder { get; }

    /// <summary>What it is made of.</summary>
    public LabRecord Record { get; }

    /// <summary>Brings a lab up. When that fails or is cancelled, what was made of it is removed again.</summary>
    /// <param name="options">What lab is wanted.</param>
    /// <param name="progress">Told each step, in a few words.</param>
    /// <param name="cancellationToken">Gives up and removes what was made.</param>
    /// <exception cref="LabException">It cannot be made; the message says why, with the end of the log of what failed.</exception>
    public static async Task<FabricLab> UpAsync(LabOptions options, IProgress<string>? progress, CancellationToken cancellationToken)
    {
        Check(options);
        await Requirements.CheckAsync(cancellationToken);
        LabFolder folder = Begin(options.Name);
        using (Ledger ledger = Ledger.Open(folder.Path, "up"))
        {
            try
            {
                ProcessIdentity self = ProcessIdentity.Of(Environment.ProcessId)!.Value;
                ledger.Add(new ProcessMade(UpName, self.Pid, self.StartTicks, Log: null));
                bool kernel = options.KernelDatapath ?? await Requirements.HasKernelDatapathAsync(cancellationToken);
                LabRecord record = Plan.For(folder, options.Nodes, kernel, ApiRelay.FreePort(), new GuestImageBuilder(options.GuestCache).Folder, TakenUnderlays())
                    with { Owner = options.EndsWithCaller ? new LabOwner(self.Pid, self.StartTicks) : null };
                Write(folder, record);
                ledger.Add(new CgroupMade(record.Cgroup));
                Cgroup.Named(record.Cgroup).Create();
                await new LabStart(options, folder, record, ledger, progress).RunAsync(cancellationToken);
                record = record with { Complete = true };
                Write(folder, record);
                ledger.Add(new ProcessReleased(self.Pid));
                return new FabricLab(folder, record);
            }
            catch
            {
                progress?.Report("removing what was made");
                await Removal.RunAsync(folder, CancellationToken.None);
                throw;
            }
        }
    }

    /// <summary>Finds a lab.</summary>
    /// <param name="id">Its id, or null when there is only one.</param>
    /// <exception cref="LabException">There is none of that id, or none at all, or more than one to choose from.</exception>
    public static FabricLab Open(string? id)
    {
        if (id is null)
        {
            IReadOnlyList<string> labs = List();
            id = labs switch
            {
                [var only] => only,
                [] => throw new LabException("no lab is up on this machine: `fabric lab up` makes one"),
                _ => throw new LabException($"several labs are up ({string.Join(", ", labs)}): say which"),
            };
        }

        var folder = new LabFolder(LabId.Parse(id));
        try
        {
            LabRecord record = JsonSerializer.Deserialize(File.ReadAllText(folder.Record), LabJsonContext.Default.LabRecord)
                ?? throw new JsonException("empty");
            return new FabricLab(folder, record);
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            throw new LabException(
                Directory.Exists(folder.Path)
                    ? $"lab {id} was begun and never came up: `fabric lab down {id}` removes what is left of it"
                    : $"there is no lab '{id}'; `fabric lab status` without a name lists what there is",
                e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new LabException("labs belong to root: run this with sudo", e);
        }
    }

    /// <summary>Ids of all labs of this machine, also of those that came up only in part.</summary>
    public static IReadOnlyList<string> List() => Directory.Exists(LabFolder.Root)
        ? [.. Directory.GetDirectories(LabFolder.Root).Select(d => Path.GetFileName(d)).Order(StringComparer.Ordinal)]
        : [];

    /// <summary>Ids of labs that were made for a process that has ended without taking them down.</summary>
    public static IReadOnlyList<string> ListAbandoned() => [.. List().Where(IsAbandoned)];

    /// <summary>Removes a lab by what it recorded, whatever state it is in. One that is gone is no error.</summary>
    /// <exception cref="LabException">Something of it could not be removed.</exception>
    public static Task DownAsync(string id, CancellationToken cancellationToken) =>
        Removal.RunAsync(new LabFolder(LabId.Parse(id)), cancellationToken);

    /// <summary>Removes this lab.</summary>
    /// <exception cref="LabException">Something of it could not be removed.</exception>
    public Task DownAsync(CancellationToken cancellationToken) => Removal.RunAsync(Folder, cancellationToken);

    /// <summary>Opens an account for a program that makes more of this lab, e.g. its runner.</summary>
    /// <param name="writer">The program's name; one process at a time may write under it.</param>
    public Ledger OpenLedger(string writer) => Ledger.Open(Folder.Path, writer);

    /// <summary>Starts programs in this lab's box and writes them to an account.</summary>
    public Launcher LauncherFor(Ledger ledger) => new(Cgroup.Named(Record.Cgroup), ledger);

    /// <summary>A client of the lab's API, by the relay on the host.</summary>
    public KubeClient Connect() => new(KubeConnection.FromFile(Folder.Kubeconfig));

    /// <summary>Looks at everything in the lab.</summary>
    public async Task<LabStatus> StatusAsync(CancellationToken cancellationToken)
    {
        ProcessStatus[] processes = [.. Started().Select(p => new ProcessStatus(p.Name, p.Pid, new ProcessIdentity(p.Pid, p.StartTicks).IsAlive, p.Log))];
        ApiView api = await ApiView.ReadAsync(Folder.Kubeconfig, StatusDeadline, cancellationToken);
        return new LabStatus
        {
            Lab = Record.Id,
            Created = Record.Created,
            Healthy = Record.Complete && api.Reachable && Array.TrueForAll(processes, p => p.Alive),
            Api = new ApiStatus($"https://127.0.0.1:{Record.ApiPort}", Folder.Kubeconfig, api.Reachable),
            Underlay = Record.Underlay,
            Nodes = [.. Record.Nodes.Select(n => new NodeStatus(n.Name, n.Address, n.Namespace, api.ReadyNodes.Contains(n.Name)))],
            Processes = processes,
            Pods = api.Pods,
            VirtualMachines = api.Instances,
        };
    }

    /// <summary>Runs a command in a pod's container to its end, without standard input.</summary>
    /// <param name="pod">Namespace and name.</param>
    /// <param name="command">Program and arguments; no shell is involved.</param>
    /// <param name="deadline">In whole seconds.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <param name="container">Name of the container; null is the first.</param>
    /// <exception cref="LabException">There is no such running pod or container.</exception>
    /// <exception cref="CriException">The runtime did not run the command.</exception>
    public async Task<ToolResult> ExecAsync(ObjectKey pod, IReadOnlyList<string> command, TimeSpan deadline, CancellationToken cancellationToken, string? container = null)
    {
        (NodeRecord node, string sandbox) = await FindSandboxAsync(pod, cancellationToken);
        using var cri = new Cri(node.CriSocket);
        // The runtime lists the newest first.
        ContainerSummary found = (await cri.ListContainersAsync(cancellationToken, sandbox))
            .LastOrDefault(c => c.Phase == ContainerPhase.Running && (container is null || c.Name == container))
            ?? throw new LabException($"pod {pod} has no running container{(container is null ? "" : $" '{container}'")}");
        return await cri.ExecAsync(found.Id, command, deadline, cancellationToken);
    }

    /// <summary>The path of a pod's network namespace.</summary>
    /// <param name="pod">Namespace and name.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="LabException">There is no such running pod.</exception>
    public async Task<string> NamespaceOfAsync(ObjectKey pod, CancellationToken cancellationToken)
    {
        (NodeRecord node, string sandbox) = await FindSandboxAsync(pod, cancellationToken);
        using var cri = new Cri(node.CriSocket);
        return (await cri.SandboxStatusAsync(sandbox, cancellationToken))?.NetworkNamespace ?? throw new LabException($"pod {pod} has no network namespace");
    }

    /// <summary>Runs a command inside a virtual machine's guest to its end.</summary>
    /// <param name="vm">Namespace and name of the VM or its instance.</param>
    /// <param name="command">Program and arguments.</param>
    /// <param name="deadline">How long it may take.</param>
    /// <param name="cancellationToken">Stops waiting; the command goes on.</param>
    /// <exception cref="LabException">The VM does not run, or its guest does not answer.</exception>
    public async Task<ToolResult> GuestExecAsync(ObjectKey vm, IReadOnlyList<string> command, TimeSpan deadline, CancellationToken cancellationToken) =>
        await (await FindGuestAsync(vm, cancellationToken)).Commands.RunAsync(command, deadline, cancellationToken);

    /// <summary>Connects to a guest's serial console. One at a time is served; a second one waits.</summary>
    /// <param name="vm">Namespace and name of the VM or its instance.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="LabException">The VM does not run.</exception>
    public async Task<Stream> OpenConsoleAsync(ObjectKey vm, CancellationToken cancellationToken)
    {
        GuestMachine guest = await FindGuestAsync(vm, cancellationToken);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(guest.ConsoleSocket), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new LabException($"the console of {vm} cannot be reached: {e.Message}", e);
        }
    }

    internal static async Task<HashSet<string>> ReadyNodesAsync(KubeClient client, CancellationToken cancellationToken)
    {
        KubeList<Node> nodes = await client.Resource(ResourceTypes.Nodes).ListAsync(ListOptions.All, cancellationToken);
        return [.. nodes.Items.Where(n => n.Status?.Conditions?.Any(c => c.Type == "Ready" && c.Status == "True") == true).Select(n => n.Metadata.Name!)];
    }

    private async Task<(NodeRecord Node, string Sandbox)> FindSandboxAsync(ObjectKey pod, CancellationToken cancellationToken)
    {
        foreach (NodeRecord node in Record.Nodes)
        {
            using var cri = new Cri(node.CriSocket);
            if ((await cri.ListSandboxesAsync(cancellationToken)).FirstOrDefault(s => s.Ready && s.Pod.Namespace == pod.Namespace && s.Pod.Name == pod.Name) is { } sandbox)
            {
                return (node, sandbox.Id);
            }
        }

        throw new LabException($"no pod {pod} runs in lab {Record.Id}");
    }

    private async Task<GuestMachine> FindGuestAsync(ObjectKey vm, CancellationToken cancellationToken)
    {
        using KubeClient client = Connect();
        VirtualMachineInstance? instance;
        try
        {
            instance = await client.Resource(KubeVirtTypes.Instances).GetAsync(vm, cancellationToken);
        }
        catch (KubeException e)
        {
            throw new LabException($"the API of lab {Record.Id} does not answer: {e.Message}", e);
        }

        // While it migrates there are two; it runs where its instance says.
        return instance?.Status is { ActivePods: { } pods, NodeName: { } node }
            && pods.Where(pod => pod.Value == node).Select(pod => GuestMachine.Open(Folder.Guest(pod.Key))).FirstOrDefault(each => each is not null) is { } guest
            ? guest
            : throw new LabException(instance is null ? $"VM {vm} does not run in lab {Record.Id}" : $"VM {vm} has no running guest; its instance is {instance.Status?.Phase ?? "new"}");
    }

    // Guests come and go; what must run is what `up` started.
    internal IEnumerable<ProcessMade> Started()
    {
        IReadOnlyList<LedgerEntry> entries = Ledger.Read(Folder.Path, "up");
        HashSet<int> released = [.. entries.OfType<ProcessReleased>().Select(r => r.Pid)];
        return entries.OfType<ProcessMade>().Where(p => !released.Contains(p.Pid));
    }

    private static void Check(LabOptions options)
    {
        if (options.Nodes is < 1 or > LabOptions.MaxNodes)
        {
            throw new LabException($"a lab has 1 to {LabOptions.MaxNodes} nodes, not {options.Nodes}");
        }

        foreach (string program in new[] { options.FabricProgram, options.CniProgram })
        {
            if (!File.Exists(program) && !Requirements.IsOnPath(program))
            {
                throw new LabException($"{program} is not there: `deploy/build.sh` builds it");
            }
        }
    }

    private static LabFolder Begin(string? name)
    {
        var folder = new LabFolder(name is null ? LabId.NewRandom() : LabId.Parse(name));
        LabFolder.Make(folder.Path);
        try
        {
            // Of two that begin the same lab at the same time, one makes this file.
            using var begun = new FileStream($"{folder.Path}/begun", FileMode.CreateNew);
            return folder;
        }
        catch (IOException e)
        {
            throw new LabException($"lab {folder.Id} exists: `fabric lab down {folder.Id}` removes it, another --name makes one beside it", e);
        }
    }

    private static bool IsAbandoned(string id)
    {
        try
        {
            return Open(id).Record.Owner is { } owner && !new ProcessIdentity(owner.Pid, owner.StartTicks).IsAlive;
        }
        catch (LabException)
        {
            // One that never came so far as to be recorded: whose it was cannot be told.
            return false;
        }
    }

    private static HashSet<string> TakenUnderlays()
    {
        var taken = new HashSet<string>(StringComparer.Ordinal);
        foreach (string id in List())
        {
            try
            {
                taken.Add(Open(id).Record.Underlay);
            }
            catch (LabException)
            {
                // Only begun, or on its way out: it has no record and so no subnet.
            }
        }

        return taken;
    }

    private static void Write(LabFolder folder, LabRecord record)
    {
        string temporary = folder.Record + ".new";
        File.WriteAllBytes(temporary, JsonSerializer.SerializeToUtf8Bytes(record, LabJsonContext.Default.LabRecord));
        File.Move(temporary, folder.Record, overwrite: true);
    }
}
