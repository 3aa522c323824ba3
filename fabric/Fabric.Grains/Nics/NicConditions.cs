using Fabric.Resources;

namespace Fabric.Grains.Nics;

/// <summary>A Nic's conditions besides Ready, which are there only while they say something.</summary>
public static class NicConditions
{
    /// <summary>True while the guest uses something else than what is asked for now; as KubeVirt's condition of the same name.</summary>
    public const string RestartRequired = "RestartRequired";

    /// <summary>Whether the QosPolicy that counts is in force, and what of the limits cannot be as they say.</summary>
    public const string QosBound = "QosBound";

    /// <summary>False while a SecurityGroup that is named is not there.</summary>
    public const string SecurityGroupsBound = "SecurityGroupsBound";

    /// <summary>True while an address that the Nic is allowed beside its own is another's.</summary>
    public const string AddressShared = "AddressShared";

    /// <summary>What a Nic says of the addresses that it is allowed and that others have.</summary>
    internal static Condition Shared(IEnumerable<string> taken) => new()
    {
        Type = AddressShared,
        Status = "True",
        Reason = "ClaimedByAnother",
        Message = $"Of spec.allowedAddresses, {string.Join("; ", taken)}. Both may send from it, and who is found under it changes: take it out, or give the other another address.",
    };

    /// <summary>What a Nic says of the groups that it names and that are not there.</summary>
    internal static Condition Unbound(string ns, IEnumerable<string> missing) => new()
    {
        Type = SecurityGroupsBound,
        Status = "False",
        Reason = "SecurityGroupNotFound",
        Message = $"There is no SecurityGroup {string.Join(", ", missing)} in namespace {ns}. A port that is not there yet is not made before what may pass is known: create it, or name another one.",
    };

    internal static Condition InUse { get; } = new()
    {
        Type = RestartRequired,
        Status = "True",
        Reason = "InUse",
        Message = "What is asked for now is another address or MAC than the guest uses. It takes effect when the VM is next stopped and started.",
    };
}
