using System.Text.RegularExpressions;
using Fabric.Primitives;
using Fabric.Resources;
using Fabric.Resources.Core;

namespace Vmnet.KubeVirt;

/// <summary>
/// The devices of a pod that have a Nic: <c>eth0</c>, and each for which the annotation <c>fabric.vmnet.io/subnet.DEVICE</c> names a
/// Subnet. A runtime may call for any device, but only these have addresses before it does.
/// </summary>
public static partial class PodDevices
{
    // Each costs an address and a port of the switch.
    private const int MostBesideTheFirst = 15;

    /// <summary>What can be the name of such a device, for people.</summary>
    public const string NameRule = "A device's name has at most 15 letters, digits, '-' and '_'";

    /// <summary>The devices of <paramref name="pod"/>, its first one first and then by name.</summary>
    public static EquatableArray<string> Of(Pod pod)
    {
        ArgumentNullException.ThrowIfNull(pod);
        const string Prefix = FabricApi.SubnetAnnotation + ".";
        return
        [
            VmInterfaces.PodDevice,
            .. (pod.Metadata.Annotations ?? [])
                .Where(each => each.Key.StartsWith(Prefix, StringComparison.Ordinal) && !string.IsNullOrWhiteSpace(each.Value))
                .Select(each => each.Key[Prefix.Length..])
                .Where(device => device != VmInterfaces.PodDevice && IsName(device))
                .Order(StringComparer.Ordinal)
                .Take(MostBesideTheFirst),
        ];
    }

    // "lo" is in every container; the other two are folders of the kernel's settings, which no device can have.
    private static bool IsName(string device) => device is not ("lo" or "all" or "default") && Name().IsMatch(device);

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9_-]{0,14}$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Name();
}
