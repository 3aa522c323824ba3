using Fabric.Primitives;
using Fabric.Resources;

namespace Vmnet.KubeVirt.Wishes;

/// <summary>Calico's annotations for the pod network.</summary>
internal static class CalicoAnnotations
{
    private const string Group = "cni.projectcalico.org/";
    private const string Addresses = Group + "ipAddrs";
    private const string AddressesWithoutIpam = Group + "ipAddrsNoIpam";
    private const string Mac = Group + "hwAddr";
    private const string Example = """["10.0.0.5","fd00::5"]""";

    public static void Read(WishCandidates candidates, IReadOnlyList<WishPlace> places)
    {
        foreach (var place in places)
        {
            if (place.Find(Mac) is { } mac)
            {
                candidates.Macs.Add(new(mac, WishValues.Mac(mac)));
            }

            if (place.Find(Addresses) is { } addresses)
            {
                candidates.Addresses.Add(new(addresses, List(addresses)));
            }
        }

        // After the others: what is asked for both ways can be granted the one way.
        candidates.Addresses.AddRange(
            from place in places
            let text = place.Find(AddressesWithoutIpam)
            where text is not null
            select new WishCandidate<EquatableArray<IpAddress>>(text.Value, WithoutIpam(text.Value)));
    }

    private static Outcome<EquatableArray<IpAddress>> List(WishText text) =>
        !WishJson.Read(text, WishJson.Default.StringArray, Example).TryGet(out var items, out var refusal) ? refusal
        : items.Length == 0 ? text.Unreadable("it is an empty list", $"Write JSON such as {Example}.")
        : WishValues.Addresses(text, items);

    private static WishNotSupported WithoutIpam(WishText text) => text.NotSupported(
        "an address that nobody allocates could be another's, so Fabric gives none without a claim",
        $"Ask for it with {FabricApi.AddressesAnnotation} or {Addresses}, in a Subnet that has it.");
}
