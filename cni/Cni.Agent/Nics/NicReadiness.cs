using Fabric.Resources;

namespace Cni.Agent.Nics;

/// <summary>Whether a Nic can be attached.</summary>
internal abstract record NicReadiness
{
    /// <summary>Decides it from what the Nic says.</summary>
    /// <param name="nic">The Nic.</param>
    /// <param name="ownerUid">The uid of the workload that it is to be attached to.</param>
    internal static NicReadiness Of(Nic nic, string ownerUid)
    {
        var key = ResourceTypes.Nics.KeyOf(nic);
        if (nic.Metadata.IsDeleting)
        {
            return new Waiting($"Nic {key} is being deleted");
        }

        if (nic.Spec.Owner.Uid != ownerUid)
        {
            return new Waiting($"Nic {key} is still that of an earlier {nic.Spec.Owner}");
        }

        if (nic.Status is not { } status || status.ObservedGeneration != nic.Metadata.Generation)
        {
            return new Waiting($"Nic {key} is not yet looked at by the control plane");
        }

        var condition = status.Conditions.Find(Condition.Ready);
        return condition switch
        {
            { Status: "False" } => new Refused(condition.Reason ?? "NotReady", condition.Message ?? ""),
            { IsTrue: true } when status is { MacAddress: not null, Port: not null, Addresses.IsEmpty: false } => new Ready(nic),
            _ => new Waiting(condition?.Message ?? $"Nic {key} has no addresses yet"),
        };
    }

    /// <summary>It has all it needs.</summary>
    internal sealed record Ready(Nic Nic) : NicReadiness;

    /// <summary>It will have nothing until somebody changes an object.</summary>
    internal sealed record Refused(string Reason, string Message) : NicReadiness;

    /// <summary>It may have all soon.</summary>
    internal sealed record Waiting(string Message) : NicReadiness;
}
