namespace Vmnet.KubeVirt.Wishes;

/// <summary>
/// Multus' annotation for the pod network, by which OVN-Kubernetes is asked for addresses (OKEP-5233):
/// <c>[{"name":"default","namespace":"ovn-kubernetes","ips":["10.0.0.5/24"],"mac":"02:00:00:00:00:05"}]</c>. Which network it
/// names does not matter here: on this cluster Fabric is the pod network.
/// </summary>
internal static class MultusDefaultNetwork
{
    private const string Annotation = "v1.multus-cni.io/default-network";
    private const string Example = """[{"name":"default","namespace":"ovn-kubernetes","ips":["10.0.0.5"],"mac":"02:00:00:00:00:05"}]""";

    public static void Read(WishCandidates candidates, IReadOnlyList<WishPlace> places)
    {
        foreach (var place in places)
        {
            // The short form is only a network's name (NPWG de-facto standard 1.3 §4.1.1).
            if (place.Find(Annotation) is not { } text || text.Text.AsSpan().IndexOfAny("[{\"") < 0)
            {
                continue;
            }

            if (!WishJson.Read(text, WishJson.Default.NetworkSelectionArray, Example).TryGet(out var networks, out var refusal))
            {
                Refuse(refusal);
            }
            else if (networks.Length > 1)
            {
                Refuse(text.Unreadable("it names more than one default network", $"Write JSON such as {Example}."));
            }
            else if (networks is [{ } network])
            {
                if (network.Ips is { Length: > 0 } ips)
                {
                    candidates.Addresses.Add(new(text with { Text = string.Join(',', ips) }, WishValues.Addresses(text, ips)));
                }

                if (!string.IsNullOrWhiteSpace(network.Mac))
                {
                    candidates.Macs.Add(new(text with { Text = network.Mac }, WishValues.Mac(text, network.Mac)));
                }
            }

            void Refuse(Fabric.Primitives.Refusal why)
            {
                candidates.Addresses.Add(new(text, why));
                candidates.Macs.Add(new(text, why));
            }
        }
    }
}
