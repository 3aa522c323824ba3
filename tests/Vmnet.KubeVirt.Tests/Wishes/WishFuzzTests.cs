using System.Diagnostics;
using Fabric.Primitives;
using Fabric.Resources;
using Fabric.Resources.Core;
using Vmnet.KubeVirt.Wishes;

namespace Vmnet.KubeVirt.Tests.Wishes;

public sealed class WishFuzzTests
{
    // A budget, not a measure: as many cases as fit.
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(3);

    private static readonly string[] Keys =
    [
        "fabric.vmnet.io/subnet", "fabric.vmnet.io/subnet.lan", "fabric.vmnet.io/addresses", "fabric.vmnet.io/addresses.lan", "fabric.vmnet.io/addresses.", "fabric.vmnet.io/mac-address",
        "fabric.vmnet.io/ip-pool.x", "fabric.vmnet.io/qos-policy", "fabric.vmnet.io/security-groups", "network.kubevirt.io/addresses", "v1.multus-cni.io/default-network",
        "ovn.kubernetes.io/ip_address", "ovn.kubernetes.io/ip_pool", "ovn.kubernetes.io/mac_address", "ovn.kubernetes.io/logical_switch",
        "ovn.kubernetes.io/ingress_rate", "ovn.kubernetes.io/ingress_burst", "ovn.kubernetes.io/latency", "kubernetes.io/egress-bandwidth",
        "cni.projectcalico.org/ipAddrs", "cni.projectcalico.org/ipAddrsNoIpam", "cni.projectcalico.org/hwAddr",
    ];

    private static readonly string[] Seeds =
    [
        "", "blue", "10.0.0.5", "10.0.0.5,fd00::5", "10.0.0.5/24;fd00::5/64", "::ffff:10.0.0.5", "02:00:00:00:00:05", "02-00-00-00-00-05",
        """{"lan":["10.0.0.5/24","fd00::5"]}""", """[{"name":"default","namespace":"ovn-kubernetes","ips":["10.0.0.5/24"],"mac":"02:00:00:00:00:05"}]""",
        """["10.0.0.5","fd00::5"]""", "[[[[[[[[[[[[[[[[[[[[[[[[", "{\"\\ud800\":[\"\\udfff\"]}", "null", "-1", "1e999", "[{}]", "{\"lan\":null}", "[null,null]",
    ];

    [Fact]
    public void No_annotation_whatever_it_says_does_more_than_be_refused()
    {
        var random = new Random(20261);
        var clock = Stopwatch.StartNew();
        var cases = 0;
        for (; clock.Elapsed < Budget; cases++)
        {
            var annotations = Enumerable.Range(0, random.Next(1, 5))
                .Select(_ => KeyValuePair.Create(Keys[random.Next(Keys.Length)], Mutate(random, Seeds[random.Next(Seeds.Length)])))
                .DistinctBy(each => each.Key)
                .ToEquatableMap();
            Check(WishReader.OfPod(new Pod { Metadata = new ObjectMeta { Annotations = annotations } }));
            Check(WishReader.OfVm(WishReaderTests.Vm(template: [.. annotations.Select(each => (each.Key, each.Value))])));
        }

        Assert.True(cases > 0);
        TestContext.Current.SendDiagnosticMessage("{0} cases", cases);
    }

    private static void Check(WorkloadWishes read)
    {
        foreach (var wishes in read.Interfaces.Select(each => each.Wishes))
        {
            // What is granted can be in a Nic's spec, and nothing is granted in the place of what cannot be read.
            Assert.True(wishes.MacAddress is not { } mac || (!mac.IsMulticast && !mac.IsZero));
            Assert.True(wishes.Addresses.Count <= 2 && wishes.Addresses.Select(each => each.Family).Distinct().Count() == wishes.Addresses.Count);
            Assert.All(new[] { wishes.Subnet, wishes.IpPool, wishes.QosPolicy }.OfType<string>(), name => Assert.Null(ObjectName.CheckSubdomain(name)));
            Assert.All(wishes.SecurityGroups, name => Assert.Null(ObjectName.CheckSubdomain(name)));
            Assert.InRange(wishes.SecurityGroups.Count, 0, 16);
            Assert.All(wishes.Sources, source => Assert.InRange(source.Source.Length, 1, 317));
            Assert.Equal(wishes.Sources.Count, wishes.Sources.Select(source => source.Field).Distinct().Count());
            Assert.All(wishes.Unreadable.Concat(wishes.Ignored).Concat(read.Notices), refusal => Assert.InRange(refusal.ToString().Length, 1, 1024));
        }
    }

    private static string Mutate(Random random, string text)
    {
        var result = text;
        for (var i = random.Next(4); i > 0; i--)
        {
            var at = random.Next(result.Length + 1);
            result = random.Next(6) switch
            {
                0 => result.Insert(at, ((char)random.Next(char.MaxValue + 1)).ToString()),
                1 => result.Insert(at, "\",[]{}:;/.\\ \0é"[random.Next(14)].ToString()),
                2 => result[..at],
                3 => at < result.Length ? result.Remove(at, 1) : result,
                4 => result.Insert(at, Seeds[random.Next(Seeds.Length)]),
                _ => result.Length < 4096 ? string.Concat(Enumerable.Repeat(result, random.Next(1, 9))) : result,
            };
        }

        return result;
    }
}
