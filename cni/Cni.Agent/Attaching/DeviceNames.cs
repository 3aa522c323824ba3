using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Cni.Agent.Journal;
using Cni.Datapath.Shaping;
using Fabric.Primitives;
using Fabric.Resources;

namespace Cni.Agent.Attaching;

/// <summary>
/// What an attachment's devices on the node are called: 12 of the 15 bytes a name may have. The veth's name follows from the
/// attachment alone, so that a DEL finds it even when everything else is lost. The switch port's follows from the pod and its
/// Nic, because the port is there before the container is.
/// </summary>
/// <param name="Endpoint">The veth on the node whose other end is in the pod.</param>
/// <param name="SwitchPort">The switch's internal port, and its network device.</param>
internal readonly partial record struct DeviceNames(string Endpoint, string SwitchPort)
{
    /// <summary>The hardware address of the veth on the node: unicast and locally administered. No frame bears it.</summary>
    internal MacAddress EndpointMac => MacAddress.Parse($"fe:{Endpoint[2..4]}:{Endpoint[4..6]}:{Endpoint[6..8]}:{Endpoint[8..10]}:{Endpoint[10..]}");

    /// <summary>The names of the shaper through which the endpoint sends when it is limited.</summary>
    internal ShaperNames Shaper => ShaperOf(Endpoint);

    /// <summary>The names of the shaper of an endpoint.</summary>
    internal static ShaperNames ShaperOf(string endpoint) => new(ShaperPrefix + endpoint[2..], "ft" + endpoint[2..]);

    /// <summary>The endpoint whose shaper's near end <paramref name="device"/> is by its name; null for any other device.</summary>
    internal static string? EndpointOfShaper(string device) =>
        device.StartsWith(ShaperPrefix, StringComparison.Ordinal) && "fb" + device[2..] is var endpoint && IsEndpoint(endpoint) ? endpoint : null;

    /// <summary>The names of the shapers of the sum of a Subnet's Nics on the node.</summary>
    internal static SumNames SumOf(string subnet) => Hash($"sum/{subnet}") is var stem
        ? new SumNames(new ShaperNames(SumIngress + stem, "fj" + stem), new ShaperNames(SumEgress + stem, "fl" + stem))
        : default;

    /// <summary>Whether <paramref name="device"/> is named as the near end of such a shaper.</summary>
    internal static bool IsSum(string device) => SumPattern().IsMatch(device);

    /// <summary>The names of an attachment.</summary>
    internal static DeviceNames Of(AttachmentRecord record) => new(EndpointOf(record.Key), record.SwitchPort ?? PortOfEarlier(record.Key));

    /// <summary>The name of an attachment's veth.</summary>
    internal static string EndpointOf(AttachmentKey key) => "fb" + StemOf(key);

    /// <summary>The name of the port of a pod's Nic.</summary>
    internal static string SwitchPortOf(string podUid, ObjectKey nic) => "ov" + Hash($"{podUid}/{nic}");

    /// <summary>What names of an attachment have in common: ten hexadecimal digits.</summary>
    internal static string StemOf(AttachmentKey key) => Hash($"{key.ContainerId}/{key.Interface}");

    /// <summary>Whether <paramref name="device"/> is named as an endpoint of ours.</summary>
    internal static bool IsEndpoint(string device) => EndpointPattern().IsMatch(device);

    private const string ShaperPrefix = "fs";
    private const string SumIngress = "fi";
    private const string SumEgress = "fk";

    // Agents that made ports only at ADD named them by the attachment.
    private static string PortOfEarlier(AttachmentKey key) => "ov" + StemOf(key);

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 5));

    [GeneratedRegex("^fb[0-9a-f]{10}$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex EndpointPattern();

    [GeneratedRegex("^f[ik][0-9a-f]{10}$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SumPattern();
}
