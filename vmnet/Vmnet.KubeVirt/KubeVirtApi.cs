namespace Vmnet.KubeVirt;

/// <summary>Names of KubeVirt's API that Fabric relies on.</summary>
public static class KubeVirtApi
{
    /// <summary>The API group.</summary>
    public const string Group = "kubevirt.io";

    /// <summary>Group and version as objects carry them.</summary>
    public const string ApiVersion = Group + "/v1";

    /// <summary>The label whose value <c>virt-launcher</c> marks a VM's pod.</summary>
    public const string RoleLabel = "kubevirt.io";

    /// <summary>The value of <see cref="RoleLabel"/> on the pod that runs a VM.</summary>
    public const string LauncherRole = "virt-launcher";

    /// <summary>The launcher's label with the instance's uid.</summary>
    public const string CreatedByLabel = "kubevirt.io/created-by";

    /// <summary>The launcher's annotation with the instance's name.</summary>
    public const string DomainAnnotation = "kubevirt.io/domain";

    /// <summary>The launcher's label with the instance's identifier, since KubeVirt 1.7: see <see cref="LauncherPod.InstanceId"/>.</summary>
    public const string InstanceIdLabel = "vmi.kubevirt.io/id";

    /// <summary>The target launcher's label with the migration's uid.</summary>
    public const string MigrationJobLabel = "kubevirt.io/migrationJobUID";

    /// <summary>The target launcher's annotation with the migration's name.</summary>
    public const string MigrationNameAnnotation = "kubevirt.io/migrationJobName";

    /// <summary>The target launcher's annotation with the time at which the guest ran there.</summary>
    public const string MigrationReadyAnnotation = "kubevirt.io/migration-target-ready-timestamp";

    /// <summary>A VM's annotation that lets an interface with the bridge binding on the pod network migrate, whatever its value.</summary>
    public const string BridgeMigrationAnnotation = "kubevirt.io/allow-pod-bridge-network-live-migration";
}
