using Fabric.Resources;

namespace Fabric.Server.Control;

/// <summary>How a claim and those it is made for go together.</summary>
internal enum ClaimVerdict
{
    /// <summary>The Nic uses it, or has not said yet what it uses; or it is not made for a Nic.</summary>
    InOrder,

    /// <summary>The Nic uses something else: it will give this back when it is looked at.</summary>
    Unnamed,

    /// <summary>There is no such Nic, or no such StaticIP.</summary>
    Orphaned,
}

/// <summary>Tells claims that nobody needs.</summary>
internal static class ClaimAudit
{
    /// <param name="claim">An address.</param>
    /// <param name="nic">Who uses it, or null when that is not known to exist.</param>
    /// <param name="kept">What keeps it, or null when that is not known to exist.</param>
    internal static ClaimVerdict Of(IPClaim claim, Nic? nic, StaticIP? kept) =>
        claim.Spec.Reservation is not null && kept is null ? ClaimVerdict.Orphaned
        : Of(claim.Spec.Owner, nic, status => status.Addresses.Any(address => address.Address == claim.Spec.Address));

    /// <param name="claim">A MAC.</param>
    /// <param name="nic">Who uses it, or null when that is not known to exist.</param>
    /// <param name="kept">What keeps it, or null when that is not known to exist.</param>
    internal static ClaimVerdict Of(MacClaim claim, Nic? nic, StaticIP? kept) =>
        claim.Spec.Reservation is not null && kept is null ? ClaimVerdict.Orphaned
        : Of(claim.Spec.Owner, nic, status => status.MacAddress == claim.Spec.MacAddress);

    private static ClaimVerdict Of(ClaimOwner? owner, Nic? nic, Func<NicStatus, bool> names) =>
        owner is null ? ClaimVerdict.InOrder
        : nic is null ? ClaimVerdict.Orphaned
        : nic.Status is not { } status || names(status) ? ClaimVerdict.InOrder
        : ClaimVerdict.Unnamed;
}
