namespace Fabric.Resources;

/// <summary>Names of Fabric's own API.</summary>
public static class FabricApi
{
    /// <summary>The API group of Fabric's kinds.</summary>
    public const string Group = "fabric.vmnet.io";

    /// <summary>The version of Fabric's kinds.</summary>
    public const string Version = "v1alpha1";

    /// <summary>Group and version as objects carry them.</summary>
    public const string ApiVersion = Group + "/" + Version;

    /// <summary>The finalizer by which Fabric frees what an object holds before it goes.</summary>
    public const string Finalizer = Group + "/release";

    /// <summary>
    /// The annotation that chooses a Subnet: on a pod, a VM's template, a VM, or on a Namespace for all in it. This and the
    /// others but for a Namespace's can also be said for one interface, see <see cref="ForInterface"/>.
    /// </summary>
    public const string SubnetAnnotation = Group + "/subnet";

    /// <summary>The annotation that asks for addresses: one of each family at most, separated by a comma.</summary>
    public const string AddressesAnnotation = Group + "/addresses";

    /// <summary>The annotation that asks for a MAC address.</summary>
    public const string MacAddressAnnotation = Group + "/mac-address";

    /// <summary>The annotation that names the IPPool to take addresses from.</summary>
    public const string IpPoolAnnotation = Group + "/ip-pool";

    /// <summary>The annotation that names the QosPolicy.</summary>
    public const string QosPolicyAnnotation = Group + "/qos-policy";

    /// <summary>The annotation that names the SecurityGroups, of the workload's namespace, separated by commas.</summary>
    public const string SecurityGroupsAnnotation = Group + "/security-groups";

    /// <summary>
    /// On a Nic: <c>rarp</c> leaves the migrations of its VM to OVN, whose activation strategy of that name blocks the target's port until
    /// the VM's RARP (ovn-nb(5)). What is sent meanwhile is lost: it is there to be compared with.
    /// </summary>
    public const string ActivationStrategyAnnotation = Group + "/activation-strategy";

    /// <summary>On a Nic, written by Fabric: the wishes of its workload that others contradict, and which ones count; and those that Fabric does not have.</summary>
    public const string IgnoredWishesAnnotation = Group + "/ignored-wishes";

    /// <summary>
    /// The form of an annotation that is for one interface only, such as <c>fabric.vmnet.io/addresses.lan</c>. Kubernetes
    /// allows the part after the slash 63 characters, so an interface's name may have 51 of them.
    /// </summary>
    public static string ForInterface(string annotation, string interfaceName) => $"{annotation}.{interfaceName}";
}
