using Fabric.Primitives;

namespace Vmnet.KubeVirt.Wishes;

/// <summary>
/// What KubeVirt's own API says: the interface's MAC address, and its annotation for addresses (<c>{"lan":["10.0.0.5/24"]}</c>,
/// as kubevirt/ipam-extensions and Forklift write it).
/// </summary>
internal static class KubeVirtWishes
{
    private const string MacSource = "interfaces[].macAddress";
    private const string AddressesAnnotation = "network.kubevirt.io/addresses";
    private const string Example = """{"default":["10.0.0.5","fd00::5"]}""";

    public static void Read(WishCandidates candidates, IReadOnlyList<WishPlace> places, VmNic nic)
    {
        if (!string.IsNullOrWhiteSpace(nic.MacAddress))
        {
            var mac = new WishText(MacSource, nic.MacAddress.Trim());
            candidates.Macs.Add(new(mac, WishValues.Mac(mac)));
        }

        foreach (var place in places)
        {
            if (place.Find(AddressesAnnotation) is not { } text)
            {
                continue;
            }

            if (!WishJson.Read(text, WishJson.Default.DictionaryStringStringArray, Example).TryGet(out var all, out var refusal))
            {
                candidates.Addresses.Add(new(text, refusal));
            }
            else if (all.GetValueOrDefault(nic.Name) is { Length: > 0 } own)
            {
                candidates.Addresses.Add(new(new WishText(text.Source, string.Join(',', own)), WishValues.Addresses(text, own)));
            }
        }
    }

    /// <summary>What is said for interfaces that the VM does not have. One on another network is another fabric's.</summary>
    public static IEnumerable<Refusal> Misdirected(IReadOnlyList<WishPlace> places, EquatableArray<VmNic> nics) =>
        from place in places
        let text = place.Find(AddressesAnnotation)
        where text is not null
        let all = WishJson.Read(text.Value, WishJson.Default.DictionaryStringStringArray, Example)
        where all.IsGranted
        let unknown = all.Value.Keys.FirstOrDefault(name => nics.All(nic => nic.Name != name))
        where unknown is not null
        select new WishForNoInterface(new WishText("", unknown).Quoted, [.. nics.Where(nic => nic.OnPodNetwork).Select(nic => nic.Name)]) { Field = text.Value.Source };
}
