using Fabric.Primitives;
using Fabric.Resources;

namespace Vmnet.KubeVirt.Wishes;

/// <summary>
/// Kube-OVN's annotations for the pod network. Those with a provider before <c>.kubernetes.io</c> are for secondary networks and
/// not read, nor is what Kube-OVN itself writes on Namespaces.
/// </summary>
internal static class KubeOvnAnnotations
{
    private const string Group = "ovn.kubernetes.io/";
    private const string Subnet = Group + "logical_switch";
    private const string Addresses = Group + "ip_address";
    private const string IpPool = Group + "ip_pool";
    private const string Mac = Group + "mac_address";
    private const string IngressRate = Group + "ingress_rate";
    private const string EgressRate = Group + "egress_rate";

    private static readonly string[] Bursts = [Group + "ingress_burst", Group + "egress_burst"];

    // Of tc-netem(8).
    private static readonly string[] Disturbances = [Group + "latency", Group + "jitter", Group + "loss", Group + "limit"];

    public static void Read(WishCandidates candidates, IReadOnlyList<WishPlace> places)
    {
        Add(candidates.Subnets, Subnet, WishValues.Name);
        Add(candidates.Addresses, Addresses, WishValues.Addresses);
        Add(candidates.Macs, Mac, WishValues.Mac);
        AddRate(candidates.Ingress, IngressRate);
        AddRate(candidates.Egress, EgressRate);
        LeaveOut(
            Bursts,
            "of Kube-OVN's limits Fabric takes the rates alone",
            $"Make a QosPolicy with average, peak and burst and write its name in {FabricApi.QosPolicyAnnotation}, or remove it.");
        LeaveOut(Disturbances, "Fabric disturbs no traffic on purpose", "Have the workload do it where it is wanted, with tc-netem(8), or remove it.");
        foreach (var place in places)
        {
            if (place.Find(IpPool) is not { } pool)
            {
                continue;
            }

            // Kube-OVN tells a pool's name from addresses in the same way.
            if (pool.Text.AsSpan().IndexOfAny(',', ';') >= 0 || WishValues.IsAddress(pool.Text))
            {
                candidates.Addresses.Add(new(pool, OneOf(pool)));
            }
            else
            {
                candidates.IpPools.Add(new(pool, WishValues.Name(pool)));
            }
        }

        // With Kube-OVN 0 is no limit.
        void AddRate(List<WishCandidate<QosLimit>> to, string annotation) => to.AddRange(
            from place in places
            let text = place.Find(annotation)
            where text is { Text: not "0" }
            select new WishCandidate<QosLimit>(text.Value, WishValues.Megabits(text.Value)));

        void LeaveOut(string[] annotations, string problem, string remedy) => candidates.LeftOut.AddRange(
            from annotation in annotations
            from place in places
            let text = place.Find(annotation)
            where text is { Text: not "0" }
            select (text.Value, text.Value.LeftOut(problem, remedy)));

        void Add<T>(List<WishCandidate<T>> to, string annotation, Func<WishText, Outcome<T>> read)
            where T : notnull => to.AddRange(
                from place in places
                let text = place.Find(annotation)
                where text is not null
                select new WishCandidate<T>(text.Value, read(text.Value)));
    }

    /// <summary>
    /// The addresses of a list when there is one choice. Choices are separated by semicolons, or by commas when there is no
    /// semicolon; two addresses of different families are one choice.
    /// </summary>
    private static Outcome<EquatableArray<IpAddress>> OneOf(WishText pool)
    {
        var choices = pool.Text.TrimEnd(';', ' ');
        if (!choices.Contains(';') && WishValues.Addresses(pool with { Text = choices }).TryGet(out var one, out _))
        {
            return one;
        }

        return pool.NotSupported(
            "it is a list of addresses to choose from, which Fabric keeps in an IPPool",
            $"Make an IPPool with these ranges and write its name in {FabricApi.IpPoolAnnotation}, or ask for one address.");
    }
}
