using Fabric.Primitives;
using Fabric.Resources;
using Fabric.Resources.Core;

namespace Fabric.Kube.Tests.Testing;

internal static class Samples
{
    public static Subnet Subnet(string name, string cidr) => new()
    {
        Metadata = new ObjectMeta { Name = name },
        Spec = new SubnetSpec { Ipv4 = new SubnetRange { Cidr = IpPrefix.Parse(cidr) } },
    };

    public static Pod Pod(string ns, string name, string? node = null) => new()
    {
        Metadata = new ObjectMeta { Name = name, Namespace = ns, Labels = [KeyValuePair.Create("app", name)] },
        Spec = new PodSpec { NodeName = node, Containers = [new PodContainer { Name = "c", Image = "none" }] },
    };

    public static string PodJson(string name, int version) =>
        $$$"""{"apiVersion":"v1","kind":"Pod","metadata":{"name":"{{{name}}}","namespace":"a","uid":"u-{{{name}}}","resourceVersion":"{{{version}}}"}}""";

    public static string PodEvent(string type, string name, int version) => $$$"""{"type":"{{{type}}}","object":{{{PodJson(name, version)}}}}""" + "\n";

    public static string PodList(int version, params string[] items) =>
        $$"""{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"{{version}}"},"items":[{{string.Join(',', items)}}]}""";
}
