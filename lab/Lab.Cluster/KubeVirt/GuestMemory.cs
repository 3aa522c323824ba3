using System.Globalization;
using System.Text.Json;
using Vmnet.KubeVirt;

namespace Lab.Cluster.KubeVirt;

/// <summary>How much memory a guest gets.</summary>
internal static class GuestMemory
{
    /// <summary>The lab's guest does not boot with much less.</summary>
    public const int SmallestMiB = 96;

    /// <summary>So that many guests fit on one machine.</summary>
    public const int LargestMiB = 128;

    /// <summary>The memory asked for as written, if any: <c>domain.memory.guest</c>, else the requests or limits of <c>domain.resources</c>.</summary>
    public static string? Asked(VirtualMachineInstanceSpec spec)
    {
        if (spec.Domain?.Memory?.Guest is { } guest)
            return guest;
        if (spec.Domain?.Unknown?.GetValueOrDefault("resources") is not { ValueKind: JsonValueKind.Object } resources)
            return null;
        foreach (var kind in (ReadOnlySpan<string>)["requests", "limits"])
        {
            if (resources.TryGetProperty(kind, out var amounts) && amounts.ValueKind == JsonValueKind.Object && amounts.TryGetProperty("memory", out var memory))
                return memory.ToString();
        }
        return null;
    }

    /// <summary>Memory given, in MiB.</summary>
    public static int GivenMiB(VirtualMachineInstanceSpec spec) =>
        Bytes(Asked(spec)) is { } bytes ? (int)Math.Clamp(bytes / (1 << 20), SmallestMiB, LargestMiB) : LargestMiB;

    /// <summary>Reads a Kubernetes quantity in bytes; null when it is none.</summary>
    public static decimal? Bytes(string? quantity)
    {
        if (string.IsNullOrEmpty(quantity))
            return null;
        var digits = quantity.AsSpan().TrimEnd("KMGTPEkmi");
        decimal? factor = quantity.AsSpan(digits.Length) switch
        {
            "" => 1m,
            "m" => 0.001m,
            "k" => 1e3m,
            "M" => 1e6m,
            "G" => 1e9m,
            "T" => 1e12m,
            "P" => 1e15m,
            "E" => 1e18m,
            "Ki" => 1024m,
            "Mi" => 1024m * 1024,
            "Gi" => 1024m * 1024 * 1024,
            "Ti" => 1024m * 1024 * 1024 * 1024,
            "Pi" => 1024m * 1024 * 1024 * 1024 * 1024,
            "Ei" => 1024m * 1024 * 1024 * 1024 * 1024 * 1024,
            _ => null,
        };
        // Bounded, so that the product cannot overflow.
        return factor is { } by && decimal.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value >= 0 && value <= 1e19m / by
            ? value * by
            : null;
    }
}
