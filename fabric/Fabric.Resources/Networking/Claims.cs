using Fabric.Primitives;
using Fabric.Resources.Crds;

namespace Fabric.Resources;

/// <summary>
/// An address that is taken. Its name is the subnet and the address, so the API itself refuses to give one twice:
/// making the claim is taking the address, and nothing else is.
/// </summary>
[CustomResource("ipclaims", Scope.Cluster, ShortNames = "ipc", Category = "fabric", HasStatus = false)]
[PrinterColumn("Subnet", "string", ".spec.subnet")]
[PrinterColumn("Address", "string", ".spec.address")]
[PrinterColumn("Namespace", "string", ".spec.owner.namespace")]
[PrinterColumn("Nic", "string", ".spec.owner.name")]
[PrinterColumn("StaticIP", "string", ".spec.reservation.name")]
[PrinterColumn("Age", "date", ".metadata.creationTimestamp")]
public sealed record IPClaim : IKubeObject
{
    /// <inheritdoc/>
    public string? ApiVersion { get; init => field = value ?? FabricApi.ApiVersion; } = FabricApi.ApiVersion;

    /// <inheritdoc/>
    public string? Kind { get; init => field = value ?? nameof(IPClaim); } = nameof(IPClaim);

    /// <inheritdoc/>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>What is taken, and for whom.</summary>
    public required IPClaimSpec Spec { get; init; }

    /// <summary>The name that takes <paramref name="address"/> in <paramref name="subnet"/>.</summary>
    public static string NameOf(string subnet, IpAddress address) => $"{subnet}.{ClaimNames.Dashed(address.ToString())}";
}

/// <summary>What an IPClaim takes, and for whom.</summary>
public sealed record IPClaimSpec
{
    /// <summary>The Subnet the address is in.</summary>
    [Immutable]
    public required string Subnet { get; init; }

    /// <summary>The address taken.</summary>
    [Immutable]
    public required IpAddress Address { get; init; }

    /// <summary>The Nic that uses it; absent while it is only reserved.</summary>
    public ClaimOwner? Owner { get; init; }

    /// <summary>The StaticIP that keeps it, whether a Nic uses it or not.</summary>
    public ClaimOwner? Reservation { get; init; }
}

/// <summary>A MAC address that is taken in a Vpc; making the claim is taking it.</summary>
[CustomResource("macclaims", Scope.Cluster, ShortNames = "macc", Category = "fabric", HasStatus = false)]
[PrinterColumn("Vpc", "string", ".spec.vpc")]
[PrinterColumn("MAC", "string", ".spec.macAddress")]
[PrinterColumn("Namespace", "string", ".spec.owner.namespace")]
[PrinterColumn("Nic", "string", ".spec.owner.name")]
[PrinterColumn("StaticIP", "string", ".spec.reservation.name")]
[PrinterColumn("Age", "date", ".metadata.creationTimestamp")]
public sealed record MacClaim : IKubeObject
{
    /// <inheritdoc/>
    public string? ApiVersion { get; init => field = value ?? FabricApi.ApiVersion; } = FabricApi.ApiVersion;

    /// <inheritdoc/>
    public string? Kind { get; init => field = value ?? nameof(MacClaim); } = nameof(MacClaim);

    /// <inheritdoc/>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>What is taken, and for whom.</summary>
    public required MacClaimSpec Spec { get; init; }

    /// <summary>The name that takes <paramref name="mac"/> in <paramref name="vpc"/>.</summary>
    public static string NameOf(string vpc, MacAddress mac) => $"{vpc}.{ClaimNames.Dashed(mac.ToString())}";
}

/// <summary>What a MacClaim takes, and for whom.</summary>
public sealed record MacClaimSpec
{
    /// <summary>The Vpc in which the MAC is unique.</summary>
    [Immutable]
    public required string Vpc { get; init; }

    /// <summary>The MAC taken.</summary>
    [Immutable]
    public required MacAddress MacAddress { get; init; }

    /// <summary>The Nic that uses it; absent while it is only reserved.</summary>
    public ClaimOwner? Owner { get; init; }

    /// <summary>The StaticIP that keeps it, whether a Nic uses it or not.</summary>
    public ClaimOwner? Reservation { get; init; }
}

/// <summary>A Nic or a StaticIP that holds a claim.</summary>
public sealed record ClaimOwner
{
    /// <summary>Its namespace.</summary>
    public required string Namespace { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its uid: its own claims are found by it after a crash between claim and status.</summary>
    public required string Uid { get; init; }

    /// <summary><c>namespace/name</c>, for messages.</summary>
    public override string ToString() => $"{Namespace}/{Name}";
}

internal static class ClaimNames
{
    /// <summary>
    /// Separators as dashes, so that the text fits a DNS-1123 subdomain; IPv6 text may begin or end with colons, which
    /// become <c>0</c> groups so that the name neither begins nor ends with a dash.
    /// </summary>
    internal static string Dashed(string text)
    {
        var dashed = text.Replace('.', '-').Replace(':', '-');
        return (dashed.StartsWith('-') ? "0" : "") + dashed + (dashed.EndsWith('-') ? "0" : "");
    }
}
