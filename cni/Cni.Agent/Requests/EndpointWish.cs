using Cni.Agent.Serving;
using Cni.Protocol;
using Fabric.Primitives;
using Fabric.Resources;

namespace Cni.Agent.Requests;

/// <summary>An address that a runtime wants.</summary>
/// <param name="Address">The address.</param>
/// <param name="Length">The prefix length that it wants with it, or null where it does not say.</param>
internal readonly record struct WishedAddress(IpAddress Address, int? Length)
{
    /// <summary>As it was said.</summary>
    public override string ToString() => Length is null ? Address.ToString() : $"{Address}/{Length}";
}

/// <summary>
/// What a runtime wants of an endpoint. Addresses and MAC are the Nic's, which the control plane gives: a wish can only agree
/// with them, but where the Nic is made by this very request.
/// </summary>
internal sealed record EndpointWish
{
    /// <summary>The addresses wanted; none for any.</summary>
    internal EquatableArray<WishedAddress> Addresses { get; init; }

    /// <summary>Where <see cref="Addresses"/> were said.</summary>
    internal string AddressSource { get; init; } = "";

    /// <summary>The MAC wanted; null for any.</summary>
    internal MacAddress? Mac { get; init; }

    /// <summary>Where <see cref="Mac"/> was said.</summary>
    internal string MacSource { get; init; } = "";

    /// <summary>The limit wanted towards the container; null for none.</summary>
    internal QosLimit? Ingress { get; init; }

    /// <summary>Where <see cref="Ingress"/> was said.</summary>
    internal string IngressSource { get; init; } = "";

    /// <summary>The limit wanted from the container; null for none.</summary>
    internal QosLimit? Egress { get; init; }

    /// <summary>Where <see cref="Egress"/> was said.</summary>
    internal string EgressSource { get; init; } = "";

    /// <summary>Labels for a Nic that is made by this request.</summary>
    internal EquatableMap<string, string> Labels { get; init; }

    /// <summary>Where the wishes come from, as a Nic says it.</summary>
    internal EquatableArray<WishSource> Sources =>
    [
        .. Addresses.IsEmpty ? (WishSource[])[] : [new WishSource { Field = WishField.Addresses, Source = AddressSource }],
        .. Mac is null ? (WishSource[])[] : [new WishSource { Field = WishField.MacAddress, Source = MacSource }],
        .. Ingress is null ? (WishSource[])[] : [new WishSource { Field = WishField.Ingress, Source = IngressSource }],
        .. Egress is null ? (WishSource[])[] : [new WishSource { Field = WishField.Egress, Source = EgressSource }],
    ];

    /// <returns>Null when the Nic is as it is wanted, else what differs and what to do.</returns>
    internal CniFailure? Disagreement(Nic nic)
    {
        var key = ResourceTypes.Nics.KeyOf(nic);
        var has = nic.Status?.Addresses ?? [];
        foreach (var wished in Addresses)
        {
            if (!has.Any(address => address.Address == wished.Address))
            {
                return new CniFailure(
                    CniErrorCode.Refused,
                    $"{AddressSource} asks for {wished}, and Nic {key} has {string.Join(", ", has)}",
                    Remedy(nic, FabricApi.AddressesAnnotation, wished.Address.ToString()));
            }

            if (wished.Length is { } length && length != wished.Address.BitLength && has.First(address => address.Address == wished.Address) is var given && given.Length != length)
            {
                return new CniFailure(CniErrorCode.Refused, $"{AddressSource} asks for {wished}, and Nic {key} has {given}", $"The prefix length is that of Subnet {nic.Spec.Subnet}: leave it out");
            }
        }

        return Mac is { } mac && nic.Status?.MacAddress != mac
            ? new CniFailure(CniErrorCode.Refused, $"{MacSource} asks for {mac}, and Nic {key} has {nic.Status?.MacAddress}", Remedy(nic, FabricApi.MacAddressAnnotation, mac.ToString()))
            : Unlimited(nic, Ingress, nic.Status?.Qos?.Ingress, IngressSource, "kubernetes.io/ingress-bandwidth")
                ?? Unlimited(nic, Egress, nic.Status?.Qos?.Egress, EgressSource, "kubernetes.io/egress-bandwidth");
    }

    /// <summary>Which limit counts is the control plane's to say, and the Nic says it; only that there is none would be silence.</summary>
    private static CniFailure? Unlimited(Nic nic, QosLimit? wished, QosLimit? given, string source, string annotation) => wished is null || given is not null
        ? null
        : new CniFailure(
            CniErrorCode.Refused, $"{source} asks for {wished.Average} bit/s, and Nic {ResourceTypes.Nics.KeyOf(nic)} has no limit in this direction", Remedy(nic, annotation, wished.Average.ToString(), "make a QosPolicy that selects it"));

    private static string Remedy(Nic nic, string annotation, string value, string otherwise = "make a StaticIP for it") => nic.Spec.Owner.Kind switch
    {
        NicOwnerKind.Container => $"The container has a Nic already: ask for DEL first, then for ADD with {value}",
        NicOwnerKind.Pod => $"Give pod {nic.Spec.Owner.Name} the annotation {annotation}: {value} when it is created, or {otherwise}",
        _ => $"Give the template of VM {nic.Spec.Owner.Name} the annotation {annotation}: {value} and restart the VM, or {otherwise}",
    };
}
