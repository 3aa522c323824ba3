using Fabric.Grains.Storage;
using Fabric.Grains.Subnets;
using Fabric.Grains.Vpcs;
using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Grains.Nics;

/// <summary>
/// What a living Nic is about to release, written on the Nic before anything is released.
/// </summary>
/// <remarks>
/// Releasing a claim and naming it in the status are writes to two objects. If one control plane released what another was about to
/// name, a Nic would use an address that nobody has claimed for it. The intent goes through the Nic's resourceVersion, so the other's
/// status write fails, and names claims by version, so that one that was written since is not the one that is released.
/// </remarks>
public sealed record ReleaseIntent(EquatableArray<HeldAddress> Addresses, EquatableArray<HeldMac> Macs)
{
    /// <summary>The annotation that holds it: <c>address=claim version</c> and <c>MAC=claim version</c>, separated by commas.</summary>
    public const string Annotation = FabricApi.Group + "/releasing";

    /// <summary>There is nothing to release.</summary>
    public bool IsEmpty => Addresses.IsEmpty && Macs.IsEmpty;

    /// <summary>The intent on a Nic; empty when there is none. What cannot be read is left to the sweep.</summary>
    public static ReleaseIntent Of(Nic nic)
    {
        var addresses = new List<HeldAddress>();
        var macs = new List<HeldMac>();
        foreach (var entry in (nic.Metadata.Annotation(Annotation) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var at = entry.IndexOf('=', StringComparison.Ordinal);
            if (at < 0)
                continue;
            var (value, version) = (entry[..at], entry[(at + 1)..]);
            if (IpAddress.TryParse(value, out var address))
                addresses.Add(new HeldAddress(address, version));
            else if (MacAddress.TryParse(value, out var mac))
                macs.Add(new HeldMac(mac, version));
        }
        return new ReleaseIntent([.. addresses], [.. macs]);
    }

    /// <summary>The Nic with this intent on it, or without one when it is empty.</summary>
    public Nic WriteTo(Nic nic)
    {
        var entries = Addresses.Select(held => $"{held.Address}={held.ClaimVersion}").Concat(Macs.Select(held => $"{held.Mac}={held.ClaimVersion}"));
        return nic with { Metadata = nic.Metadata.WithAnnotation(Annotation, IsEmpty ? null : string.Join(',', entries)) };
    }
}
