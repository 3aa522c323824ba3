using System.Buffers;
using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Grains.Workloads;

/// <summary>A Nic's labels: its workload's, and those that Fabric sets itself.</summary>
internal static class NicLabels
{
    private const int LongestName = 63;

    private const string Own = FabricApi.Group + "/";

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.");

    /// <summary>The labels a Nic is to have.</summary>
    /// <param name="workload">The workload's. One that Kubernetes would not take is left out: a VM's template is not validated.</param>
    /// <param name="present">Those it has.</param>
    public static EquatableMap<string, string> Of(EquatableMap<string, string> workload, EquatableMap<string, string>? present) =>
        workload.Where(label => !IsOwn(label.Key) && IsKey(label.Key) && (label.Value is "" || IsName(label.Value)))
            .Concat((present ?? []).Where(label => IsOwn(label.Key)))
            .ToEquatableMap();

    private static bool IsOwn(string key) => key.StartsWith(Own, StringComparison.Ordinal);

    private static bool IsKey(string key)
    {
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? IsName(key) : ObjectName.CheckSubdomain(key.AsSpan(0, slash)) is null && IsName(key.AsSpan(slash + 1));
    }

    private static bool IsName(ReadOnlySpan<char> text) =>
        text.Length is > 0 and <= LongestName && char.IsAsciiLetterOrDigit(text[0]) && char.IsAsciiLetterOrDigit(text[^1]) && !text.ContainsAnyExcept(Allowed);
}
