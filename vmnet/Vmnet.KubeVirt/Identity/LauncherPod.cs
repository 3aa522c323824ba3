using System.Security.Cryptography;
using System.Text;
using Fabric.Resources.Core;

namespace Vmnet.KubeVirt;

/// <summary>The instance a launcher pod runs.</summary>
/// <param name="Namespace">Its namespace, which is the pod's.</param>
/// <param name="Name">Its name, which is also the name of the VirtualMachine that owns it.</param>
/// <param name="InstanceUid">The uid of the VirtualMachineInstance.</param>
public sealed record VmIdentity(string Namespace, string Name, string InstanceUid);

/// <summary>Decides, in one place, whether a pod is a VM and which.</summary>
public static class LauncherPod
{
    private const int LongestId = 63;
    private const int IdHashDigits = 8;

    /// <summary>
    /// Whether a pod is there to run a VM, identified or not. Such a pod is never a workload of its own, so that a launcher that
    /// cannot be identified gets nothing rather than a pod's or another VM's Nic.
    /// </summary>
    public static bool IsLauncher(Pod pod)
    {
        ArgumentNullException.ThrowIfNull(pod);
        return pod.Metadata.Label(KubeVirtApi.RoleLabel) == KubeVirtApi.LauncherRole;
    }

    /// <summary>
    /// The VM that <paramref name="pod"/> runs, or null for an ordinary pod and for a launcher that does not say clearly which.
    /// </summary>
    /// <remarks>
    /// The annotation <c>kubevirt.io/domain</c> has the whole name, the label <c>vmi.kubevirt.io/id</c> has one that is cut and
    /// hashed when it is long: where both are there they must agree, and the label alone is believed only when it cannot have
    /// been cut. The host name label <c>vm.kubevirt.io/name</c> is never asked: KubeVirt has deprecated it and two VMs may share it.
    /// </remarks>
    public static VmIdentity? Identify(Pod pod)
    {
        if (!IsLauncher(pod) || pod.Metadata.Label(KubeVirtApi.CreatedByLabel) is not { Length: > 0 } uid)
        {
            return null;
        }

        var id = pod.Metadata.Label(KubeVirtApi.InstanceIdLabel);
        var name = pod.Metadata.Annotation(KubeVirtApi.DomainAnnotation) switch
        {
            { Length: > 0 } domain => string.IsNullOrEmpty(id) || id == InstanceId(domain) ? domain : null,
            _ => id is { Length: > 0 and < LongestId } ? id : null,
        };
        return name is null ? null : new VmIdentity(pod.Metadata.Namespace ?? "default", name, uid);
    }

    /// <summary>
    /// The value of <c>vmi.kubevirt.io/id</c> for an instance: its name, or when that is longer than a label's 63 characters its
    /// first 54, a dash and eight digits of its hash (KubeVirt <c>pkg/apimachinery</c>).
    /// </summary>
    public static string InstanceId(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.Length <= LongestId)
        {
            return name;
        }

#pragma warning disable CA5350 // KubeVirt's choice, and nothing secret depends on it.
        var hash = Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(name)));
#pragma warning restore CA5350
        return $"{name.AsSpan(0, LongestId - IdHashDigits - 1)}-{hash.AsSpan(0, IdHashDigits)}";
    }
}
