using System.Security.Cryptography;
using System.Text;

namespace Fabric.Resources;

/// <summary>
/// The names of Nics: <c>vm.VM.INTERFACE</c>, <c>pod.POD.DEVICE</c> and <c>container.CONTAINER-HASH.DEVICE</c>. Interface names
/// have no dot, so the last dot always separates; what Kubernetes does not allow in a name (upper case and underscores, as KubeVirt allows them in
/// interface names, or too long) is made valid and told apart by a hash.
/// </summary>
public static class NicName
{
    private const int MaxLength = 253;

    /// <summary>The Nic of a VM's interface.</summary>
    public static string ForVm(string vm, string interfaceName) => Make("vm", vm, interfaceName);

    /// <summary>The Nic of a pod's device.</summary>
    public static string ForPod(string pod, string device) => Make("pod", pod, device);

    /// <summary>
    /// The Nic of a container's device. Two nodes may have containers of the same name, so the hash is of its uid; what a
    /// runtime allows in names, and Kubernetes does not, becomes a hyphen.
    /// </summary>
    public static string ForContainer(string container, string uid, string device) =>
        $"container.{Label(container, 63)}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{uid}/{device}")).AsSpan(0, 5))}.{Label(device, 15)}";

    private static string Label(string text, int longest)
    {
        var valid = string.Concat(text.Take(longest).Select(c => char.IsAsciiLetterOrDigit(c) ? char.ToLowerInvariant(c) : '-')).Trim('-');
        return valid.Length > 0 ? valid : "x";
    }

    private static string Make(string prefix, string owner, string name)
    {
        var wanted = $"{prefix}.{owner}.{name}";
        var valid = string.Concat(wanted.Select(c => char.IsAsciiLetterUpper(c) ? char.ToLowerInvariant(c) : c == '_' ? '-' : c));
        valid = valid.TrimEnd('-', '.');
        return valid == wanted && valid.Length <= MaxLength
            ? valid
            : $"{valid[..Math.Min(valid.Length, MaxLength - 9)].TrimEnd('-', '.')}-{Hash(wanted)}";
    }

    private static string Hash(string text) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 4));
}
