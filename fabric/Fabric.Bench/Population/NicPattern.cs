using Fabric.Bench.Servers;
using Fabric.Kube;
using Fabric.Resources;

namespace Fabric.Bench.Population;

/// <summary>
/// One Nic as the control plane itself has made it, with its pod and claims: what further ones look like, in every field,
/// when they are written straight into the database of a server.
/// </summary>
internal sealed class NicPattern
{
    private readonly Substitution[] _texts;

    private NicPattern(IEnumerable<string> texts, string[] words) => _texts = [.. texts.Select(text => new Substitution(text, words))];

    /// <summary>Reads the Nic of a pod, which must be Ready and have one address, and what belongs to it.</summary>
    internal static async Task<NicPattern> CaptureAsync(KubeClient client, ApiText api, ObjectKey pod, string device, CancellationToken cancellationToken)
    {
        var nicKey = new ObjectKey(pod.Namespace, NicName.ForPod(pod.Name, device));
        var nic = await client.Resource(ResourceTypes.Nics).GetAsync(nicKey, cancellationToken) ?? throw new BenchException($"Nic {nicKey} is gone");
        var subnet = await client.Resource(ResourceTypes.Subnets).GetAsync(new ObjectKey(nic.Spec.Subnet), cancellationToken)
            ?? throw new BenchException($"Subnet {nic.Spec.Subnet} is gone");
        if (nic.Status is not { MacAddress: { } mac, Addresses: [var address], Gateways: [var gateway] } status)
        {
            throw new BenchException($"Nic {nicKey} has not one address and one MAC");
        }

        var addressClaim = new ObjectKey(IPClaim.NameOf(nic.Spec.Subnet, address.Address));
        var macClaim = new ObjectKey(MacClaim.NameOf(subnet.Spec.Vpc, mac));
        string[] texts =
        [
            await api.GetAsync(ResourceTypes.Pods.ObjectPath(pod), cancellationToken),
            await api.GetAsync(ResourceTypes.Nics.ObjectPath(nicKey), cancellationToken),
            await api.GetAsync(ResourceTypes.IPClaims.ObjectPath(addressClaim), cancellationToken),
            await api.GetAsync(ResourceTypes.MacClaims.ObjectPath(macClaim), cancellationToken),
        ];
        return new NicPattern(
            texts,
            [
                .. Words(new NicCopy { Pod = pod.Name, Subnet = nic.Spec.Subnet, Address = address.Address, Gateway = gateway, Mac = mac, Node = status.Node }),
                nic.Spec.Owner.Uid, nic.Metadata.Uid!, .. texts[2..].Select(ObjectText.UidOf),
            ]);
    }

    /// <summary>Pod, Nic and claims of a copy, in the order in which they are to be written.</summary>
    internal IEnumerable<string> Copy(NicCopy copy)
    {
        string[] values = [.. Words(copy), .. Enumerable.Range(0, 4).Select(_ => Guid.NewGuid().ToString())];
        return _texts.Select(text => text.With(values));
    }

    /// <summary>What is particular to a Nic, in the words that its objects use.</summary>
    private static string[] Words(NicCopy nic)
    {
        var (address, mac) = (nic.Address.ToString(), nic.Mac.ToString());
        // A node that the pattern has not must not be found in it: no object holds this.
        return [nic.Pod, nic.Subnet, address, Dashed(address), mac, Dashed(mac), nic.Gateway.ToString(), nic.Node ?? "\0"];
    }

    /// <summary>As claims are named.</summary>
    private static string Dashed(string text) => text.Replace('.', '-').Replace(':', '-');
}
