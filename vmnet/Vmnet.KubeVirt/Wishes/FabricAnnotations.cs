using Fabric.Primitives;
using Fabric.Resources;

namespace Vmnet.KubeVirt.Wishes;

/// <summary>
/// Fabric's own annotations, each for one interface (<c>fabric.vmnet.io/addresses.lan</c>) or for the whole workload. What is
/// said for the whole counts for all its Nics, but an address or a MAC only for the first.
/// </summary>
internal static class FabricAnnotations
{
    // Each one makes an event; whoever misspells more than these sees them one after another.
    private const int MostNotices = 8;

    private static readonly EquatableArray<string> All =
    [
        FabricApi.SubnetAnnotation, FabricApi.AddressesAnnotation, FabricApi.MacAddressAnnotation, FabricApi.IpPoolAnnotation,
        FabricApi.QosPolicyAnnotation, FabricApi.SecurityGroupsAnnotation,
    ];

    public static void Read(WishCandidates candidates, IReadOnlyList<WishPlace> places, string interfaceName, bool isFirst)
    {
        Add(candidates.Subnets, FabricApi.SubnetAnnotation, WishValues.Name, whole: true);
        Add(candidates.Macs, FabricApi.MacAddressAnnotation, WishValues.Mac, isFirst);
        Add(candidates.Addresses, FabricApi.AddressesAnnotation, WishValues.Addresses, isFirst);
        Add(candidates.IpPools, FabricApi.IpPoolAnnotation, WishValues.Name, whole: true);
        Add(candidates.QosPolicies, FabricApi.QosPolicyAnnotation, WishValues.Name, whole: true);
        Add(candidates.SecurityGroups, FabricApi.SecurityGroupsAnnotation, WishValues.Names, whole: true);

        void Add<T>(List<WishCandidate<T>> to, string annotation, Func<WishText, Outcome<T>> read, bool whole)
            where T : notnull
        {
            var own = FabricApi.ForInterface(annotation, interfaceName);
            // What is said for the whole is the first interface's; another one's own wish contradicts nothing by differing from it.
            string[] names = whole && (isFirst || !places.Any(place => place.Find(own) is not null)) ? [own, annotation] : [own];
            to.AddRange(
                from name in names
                from place in places
                let text = place.Find(name)
                where text is not null
                select new WishCandidate<T>(text.Value, read(text.Value)));
        }
    }

    /// <summary>What is said in Fabric's name and is none of its annotations.</summary>
    public static IEnumerable<Refusal> Unknown(IReadOnlyList<WishPlace> places) =>
        (from place in places
         from key in place.Annotations?.Keys ?? []
         where key.StartsWith(FabricApi.Group + "/", StringComparison.Ordinal)
             && !All.Any(each => key == each || (key.Length > each.Length && key[each.Length] == '.' && key.StartsWith(each, StringComparison.Ordinal)))
         select new WishUnknown(All) { Field = place.NameOf(key) }).Take(MostNotices);

    /// <summary>What is said for interfaces that have no Nic: most likely their names are misspelled.</summary>
    public static IEnumerable<Refusal> Misdirected(IReadOnlyList<WishPlace> places, EquatableArray<string> interfaces) =>
        (from place in places
         from key in place.Annotations?.Keys ?? []
         let annotation = All.FirstOrDefault(each => key.Length > each.Length && key[each.Length] == '.' && key.StartsWith(each, StringComparison.Ordinal))
         where annotation is not null && place.Find(key) is not null
         let name = key[(annotation.Length + 1)..]
         where !interfaces.Contains(name)
         select new WishForNoInterface(name, interfaces) { Field = place.NameOf(key) }).Take(MostNotices);
}
