using System.Text.Json;
using Vmnet.KubeVirt;

namespace Lab.Cluster.KubeVirt;

/// <summary>What of an instance the lab does not honour, one statement a kind, for events.</summary>
internal static class InstanceLimits
{
    private static readonly string[] KnownDevices = ["disks", "autoattachSerialConsole", "autoattachGraphicsDevice", "autoattachMemBalloon", "disableHotplug"];

    private static readonly string[] KnownSpec = ["architecture", "evictionStrategy", "startStrategy", "subdomain"];

    private static readonly string[] KnownDomain = ["resources", "machine", "firmware", "features", "clock"];

    public static IEnumerable<(string Reason, string Message)> Of(VirtualMachineInstanceSpec spec)
    {
        var volumes = (spec.Volumes ?? []).Select(each => (each.Name, Kind: each.Source?.Keys.FirstOrDefault() ?? "")).ToArray();
        var images = volumes.Where(each => each.Kind is "containerDisk").Select(each => $"\"{Image(spec, each.Name)}\"").ToArray();
        if (images.Length > 0)
            yield return ("ContainerDiskReplaced", $"The lab boots its own small guest in place of {string.Join(", ", images)}");
        if (Names(volumes, "cloudInit", "ignition", "sysprep") is { Length: > 0 } seeds)
            yield return ("CloudInitIgnored", $"The lab's guest takes its network by DHCP and runs no cloud-init: passed over: {seeds}");
        var others = volumes.Where(each => each.Kind is not "containerDisk" && !IsSeed(each.Kind)).Select(each => $"{each.Name} ({each.Kind})").ToArray();
        if (others.Length > 0)
            yield return ("VolumeIgnored", $"The lab's guest has no disks: passed over: {string.Join(", ", others)}");
        if (Devices(spec) is { Length: > 0 } devices)
            yield return ("DeviceIgnored", $"The lab's guest has a console and its interfaces only: passed over: {devices}");
        if (Memory(spec) is { } memory)
            yield return ("MemoryLimited", memory);
        if (Fields(spec) is { Length: > 0 } fields)
            yield return ("FieldIgnored", $"The lab does not act on {fields}");
    }

    private static string Image(VirtualMachineInstanceSpec spec, string volume)
    {
        var source = spec.Volumes!.Value.First(each => each.Name == volume).Source!["containerDisk"];
        return source.ValueKind == JsonValueKind.Object && source.TryGetProperty("image", out var image) ? image.GetString() ?? "" : "";
    }

    private static bool IsSeed(string kind) => kind.StartsWith("cloudInit", StringComparison.Ordinal) || kind is "ignition" or "sysprep";

    private static string Names((string Name, string Kind)[] volumes, params string[] kinds) =>
        string.Join(", ", volumes.Where(each => kinds.Any(kind => each.Kind.StartsWith(kind, StringComparison.Ordinal))).Select(each => $"{each.Name} ({each.Kind})"));

    private static string Devices(VirtualMachineInstanceSpec spec)
    {
        var devices = spec.Domain?.Devices;
        var names = (devices?.Unknown?.Keys ?? Enumerable.Empty<string>()).Except(KnownDevices, StringComparer.Ordinal);
        var models = (devices?.Interfaces ?? []).Where(each => each.Model is not (null or "virtio")).Select(each => $"model {each.Model} of interface {each.Name}");
        var details = (devices?.Interfaces ?? []).SelectMany(each => (each.Unknown?.Keys ?? Enumerable.Empty<string>()).Select(key => $"{key} of interface {each.Name}"));
        return string.Join(", ", names.Concat(models).Concat(details));
    }

    private static string? Memory(VirtualMachineInstanceSpec spec)
    {
        var (asked, given) = (GuestMemory.Asked(spec), GuestMemory.GivenMiB(spec));
        if (asked is null)
            return null;
        if (GuestMemory.Bytes(asked) is not { } bytes)
            return $"\"{asked}\" is no quantity of memory; the guest has {given}Mi";
        return bytes == (decimal)given * (1 << 20) ? null : $"The guest has {given}Mi of memory instead of {asked}: the lab gives {GuestMemory.SmallestMiB}Mi to {GuestMemory.LargestMiB}Mi";
    }

    private static string Fields(VirtualMachineInstanceSpec spec)
    {
        var top = (spec.Unknown?.Keys ?? Enumerable.Empty<string>()).Except(KnownSpec, StringComparer.Ordinal);
        var domain = (spec.Domain?.Unknown?.Keys ?? Enumerable.Empty<string>()).Except(KnownDomain, StringComparer.Ordinal).Select(key => $"domain.{key}");
        var memory = (spec.Domain?.Memory?.Unknown?.Keys ?? Enumerable.Empty<string>()).Select(key => $"domain.memory.{key}");
        return string.Join(", ", top.Concat(domain).Concat(memory));
    }
}
