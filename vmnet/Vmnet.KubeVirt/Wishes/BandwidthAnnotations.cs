namespace Vmnet.KubeVirt.Wishes;

/// <summary>
/// Kubernetes' own annotations for rates, as quantities of bit/s; ingress is towards the pod. Without a burst: those who read them
/// elsewhere each have one of their own.
/// </summary>
internal static class BandwidthAnnotations
{
    private const string Ingress = "kubernetes.io/ingress-bandwidth";
    private const string Egress = "kubernetes.io/egress-bandwidth";

    public static void Read(WishCandidates candidates, IReadOnlyList<WishPlace> places)
    {
        foreach (var place in places)
        {
            if (place.Find(Ingress) is { } ingress)
            {
                candidates.Ingress.Add(new(ingress, WishValues.Rate(ingress)));
            }

            if (place.Find(Egress) is { } egress)
            {
                candidates.Egress.Add(new(egress, WishValues.Rate(egress)));
            }
        }
    }
}
