using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fabric.Primitives;
using Fabric.Resources;
using Fabric.Resources.Core;
using Lab.Cluster.Reconciling;

namespace Lab.Cluster.Nodes;

/// <summary>The Node object of a lab's node, as its kubelet would write it.</summary>
internal static class NodeObject
{
    private const int MaxPods = 110;

    // The conditions that are a kubelet's; the network's agent writes others beside them.
    private static readonly string[] Reported = ["MemoryPressure", "DiskPressure", "PIDPressure", "Ready"];

    private static readonly EquatableMap<string, string> Capacity = ReadCapacity();

    private static readonly JsonElement Info = ReadInfo();

    /// <summary>The object to create when there is none.</summary>
    public static Node New(LabNode node) => new() { Metadata = WithLabels(new ObjectMeta { Name = node.Name }, node), Spec = new NodeSpec() };

    /// <summary>The metadata with the labels of a kubelet; others are kept.</summary>
    public static ObjectMeta WithLabels(ObjectMeta metadata, LabNode node)
    {
        var architecture = RuntimeInformation.OSArchitecture == Architecture.X64 ? "amd64" : RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant();
        return metadata with
        {
            Labels = (metadata.Labels ?? [])
                .With("kubernetes.io/hostname", node.Name)
                .With("kubernetes.io/os", "linux")
                .With("kubernetes.io/arch", architecture)
                .With("kubevirt.io/schedulable", "true"),
        };
    }

    /// <summary>The status now.</summary>
    /// <param name="known">The status so far, whose transition times go on.</param>
    /// <param name="node">The node.</param>
    /// <param name="runtimeFailure">Why the container runtime does not answer, or null.</param>
    /// <param name="now">The time of the heartbeat.</param>
    public static NodeStatus Status(NodeStatus? known, LabNode node, string? runtimeFailure, DateTimeOffset now)
    {
        EquatableArray<StatusCondition>? conditions = known?.Conditions;
        conditions = conditions.With("MemoryPressure", holds: false, now, "KubeletHasSufficientMemory", "kubelet has sufficient memory available");
        conditions = conditions.With("DiskPressure", holds: false, now, "KubeletHasNoDiskPressure", "kubelet has no disk pressure");
        conditions = conditions.With("PIDPressure", holds: false, now, "KubeletHasSufficientPID", "kubelet has sufficient PID available");
        conditions = runtimeFailure is null
            ? conditions.With("Ready", holds: true, now, "KubeletReady", "kubelet is posting ready status")
            : conditions.With("Ready", holds: false, now, "KubeletNotReady", $"the container runtime does not answer: {runtimeFailure}");
        return (known ?? new NodeStatus()) with
        {
            Conditions = [.. conditions.Value.Select(each => Reported.Contains(each.Type) ? each with { LastHeartbeatTime = now } : each)],
            Addresses = [new NodeAddress("InternalIP", node.Address), new NodeAddress("Hostname", node.Name)],
            Capacity = Capacity,
            Allocatable = Capacity,
            NodeInfo = Info,
        };
    }

    private static EquatableMap<string, string> ReadCapacity()
    {
        var memory = File.ReadLines("/proc/meminfo").First(line => line.StartsWith("MemTotal:", StringComparison.Ordinal));
        var kibibytes = long.Parse(memory.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        return
        [
            KeyValuePair.Create("cpu", Environment.ProcessorCount.ToString()),
            KeyValuePair.Create("memory", $"{kibibytes}Ki"),
            KeyValuePair.Create("pods", MaxPods.ToString()),
        ];
    }

    private static JsonElement ReadInfo()
    {
        var info = new JsonObject
        {
            ["architecture"] = RuntimeInformation.OSArchitecture == Architecture.X64 ? "amd64" : RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant(),
            ["operatingSystem"] = "linux",
            ["kernelVersion"] = ReadLine("/proc/sys/kernel/osrelease"),
            ["osImage"] = OsImage(),
            ["machineID"] = ReadLine("/etc/machine-id"),
            ["systemUUID"] = ReadLine("/etc/machine-id"),
            ["bootID"] = ReadLine("/proc/sys/kernel/random/boot_id"),
            ["containerRuntimeVersion"] = "containerd://1.6",
            ["kubeletVersion"] = $"v0.1.0-fabric-lab",
            ["kubeProxyVersion"] = "",
        };
        using var document = JsonDocument.Parse(info.ToJsonString());
        return document.RootElement.Clone();
    }

    private static string OsImage()
    {
        const string Key = "PRETTY_NAME=";
        var line = File.Exists("/etc/os-release") ? File.ReadLines("/etc/os-release").FirstOrDefault(each => each.StartsWith(Key, StringComparison.Ordinal)) : null;
        return line?[Key.Length..].Trim('"') ?? "Linux";
    }

    private static string ReadLine(string path) => File.Exists(path) ? File.ReadLines(path).FirstOrDefault() ?? "" : "";
}
