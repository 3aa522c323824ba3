using System.Text.Json;
using Fabric.Primitives;
using Fabric.Resources;
using Fabric.Resources.Core;
using Vmnet.KubeVirt.Wishes;

namespace Vmnet.KubeVirt.Tests.Wishes;

public sealed class WishReaderTests
{
    public static TheoryData<string, string, string, string> Understood => new()
    {
        { "fabric.vmnet.io/subnet", "blue", "subnet", "blue" },
        { "fabric.vmnet.io/subnet.eth0", "blue", "subnet", "blue" },
        { "fabric.vmnet.io/addresses", "10.0.0.5", "addresses", "[10.0.0.5]" },
        { "fabric.vmnet.io/addresses.eth0", " fd00::5 , 10.0.0.5/24 ", "addresses", "[10.0.0.5, fd00::5]" },
        { "fabric.vmnet.io/mac-address", "02-00-00-00-00-AA", "macAddress", "02:00:00:00:00:aa" },
        { "fabric.vmnet.io/ip-pool", "gold", "ipPool", "gold" },
        { "fabric.vmnet.io/qos-policy.eth0", "slow", "qosPolicy", "slow" },
        { "fabric.vmnet.io/security-groups", " web,db , web", "securityGroups", "[db, web]" },
        { "v1.multus-cni.io/default-network", """[{"name":"default","namespace":"ovn-kubernetes","ips":["10.0.0.5/24","fd00::5"]}]""", "addresses", "[10.0.0.5, fd00::5]" },
        { "v1.multus-cni.io/default-network", """[{"name":"default","mac":"02:00:00:00:00:aa","ipam-claim-reference":"c","cni-args":{"a":1}}]""", "macAddress", "02:00:00:00:00:aa" },
        { "ovn.kubernetes.io/logical_switch", "ovn-default", "subnet", "ovn-default" },
        { "ovn.kubernetes.io/ip_address", "10.16.0.15", "addresses", "[10.16.0.15]" },
        { "ovn.kubernetes.io/ip_address", "10.244.0.5/16,fd00:10:244:0:2::7/80", "addresses", "[10.244.0.5, fd00:10:244:0:2::7]" },
        { "ovn.kubernetes.io/mac_address", "00:00:00:53:6B:B6", "macAddress", "00:00:00:53:6b:b6" },
        { "ovn.kubernetes.io/ip_pool", "pool-1", "ipPool", "pool-1" },
        { "ovn.kubernetes.io/ip_pool", "10.16.0.15", "addresses", "[10.16.0.15]" },
        { "ovn.kubernetes.io/ip_pool", "10.245.233.82,fc00:10:ff:0:5:6bad:b8ae:cd4f", "addresses", "[10.245.233.82, fc00:10:ff:0:5:6bad:b8ae:cd4f]" },
        { "ovn.kubernetes.io/ip_pool", "10.16.0.15,fd00:10:16::000E;", "addresses", "[10.16.0.15, fd00:10:16::e]" },
        { "cni.projectcalico.org/ipAddrs", """["192.168.0.1", "2001:db8::1"]""", "addresses", "[192.168.0.1, 2001:db8::1]" },
        { "cni.projectcalico.org/hwAddr", "1c:0c:0a:c0:ff:ee", "macAddress", "1c:0c:0a:c0:ff:ee" },
        // A quantity of bit/s, and Kube-OVN's Mbit/s; ingress is towards the pod in both.
        { "kubernetes.io/ingress-bandwidth", "10M", "ingress", "10000000" },
        { "kubernetes.io/egress-bandwidth", "1Ki", "egress", "1024" },
        { "ovn.kubernetes.io/ingress_rate", "3", "ingress", "3000000" },
        { "ovn.kubernetes.io/egress_rate", "0.5", "egress", "500000" },
    };

    public static TheoryData<string, string, string, string> NotUnderstood => new()
    {
        { "fabric.vmnet.io/subnet", "Blue Net", "WishUnreadable", "lower-case letters" },
        { "fabric.vmnet.io/addresses", "10.0.0.300", "WishUnreadable", "an octet is larger than 255" },
        { "fabric.vmnet.io/addresses", "10.0.0.5,10.0.0.6", "WishUnreadable", "more than one IPv4 address" },
        { "fabric.vmnet.io/addresses", "10.0.0.5,", "WishUnreadable", "it is empty" },
        { "fabric.vmnet.io/addresses", "10.0.0.5/33", "WishUnreadable", "prefix length" },
        { "fabric.vmnet.io/mac-address", "01:00:5e:00:00:01", "WishUnreadable", "group address" },
        { "fabric.vmnet.io/mac-address", "00:00:00:00:00:00", "WishUnreadable", "all zero" },
        { "fabric.vmnet.io/ip-pool", "ä", "WishUnreadable", "lower-case letters" },
        { "fabric.vmnet.io/security-groups", "web,,db", "WishUnreadable", "lower-case letters" },
        { "fabric.vmnet.io/security-groups", "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q", "WishUnreadable", "more than 16 names" },
        { "v1.multus-cni.io/default-network", """[{"ips":"10.0.0.5"}]""", "WishUnreadable", "$[0].ips" },
        { "v1.multus-cni.io/default-network", """{"name":"default"}""", "WishUnreadable", "not such JSON" },
        { "v1.multus-cni.io/default-network", """[{"name":"a"},{"name":"b"}]""", "WishUnreadable", "more than one default network" },
        { "v1.multus-cni.io/default-network", """[{"mac":"x","mac":"02:00:00:00:00:aa"}]""", "WishUnreadable", "not such JSON" },
        { "ovn.kubernetes.io/ip_pool", "10.16.0.15,10.16.0.16,10.16.0.17", "WishNotSupported", "fabric.vmnet.io/ip-pool" },
        { "ovn.kubernetes.io/ip_pool", "10.16.0.15,fd00::e;10.16.0.16,fd00::f", "WishNotSupported", "IPPool" },
        { "ovn.kubernetes.io/logical_switch", "a,b", "WishUnreadable", "lower-case letters" },
        { "cni.projectcalico.org/ipAddrs", "10.0.0.5", "WishUnreadable", "not such JSON" },
        { "cni.projectcalico.org/ipAddrs", "[]", "WishUnreadable", "empty list" },
        { "cni.projectcalico.org/ipAddrs", "null", "WishUnreadable", "it is null" },
        { "cni.projectcalico.org/ipAddrs", "[null]", "WishUnreadable", "it is empty" },
        { "cni.projectcalico.org/ipAddrs", "[\"\\ud800\"]", "WishUnreadable", "not such JSON" },
        { "cni.projectcalico.org/ipAddrsNoIpam", """["10.0.0.5"]""", "WishNotSupported", "fabric.vmnet.io/addresses" },
        { "kubernetes.io/ingress-bandwidth", "10Mbit", "WishUnreadable", "10M for 10 Mbit/s" },
        { "kubernetes.io/egress-bandwidth", "999", "WishUnreadable", "no rate of a link" },
        { "kubernetes.io/egress-bandwidth", "2T", "WishUnreadable", "no rate of a link" },
        { "ovn.kubernetes.io/ingress_rate", "10M", "WishUnreadable", "10 for 10 Mbit/s" },
        { "ovn.kubernetes.io/egress_rate", "-1", "WishUnreadable", "no number of Mbit/s" },
        { "ovn.kubernetes.io/egress_rate", "79228162514264337593543950335", "WishUnreadable", "no number of Mbit/s" },
    };

    [Theory]
    [MemberData(nameof(Understood))]
    public void What_a_pod_asks_in_any_fabrics_words_is_understood(string annotation, string text, string field, string value)
    {
        var wishes = PodWishes((annotation, text));
        Assert.Empty(wishes.Unreadable);
        Assert.Empty(wishes.Ignored);
        Assert.Equal(new WishSource { Field = field, Source = annotation }, Assert.Single(wishes.Sources));
        Assert.Equal(value, ValueOf(wishes, field));
    }

    [Theory]
    [MemberData(nameof(NotUnderstood))]
    public void What_cannot_be_granted_is_refused_with_annotation_value_and_remedy(string annotation, string text, string reason, string says)
    {
        var wishes = PodWishes((annotation, text));
        var refusal = Assert.Single(wishes.Unreadable);
        Assert.Equal(reason, refusal.Reason);
        Assert.StartsWith($"interface eth0: {annotation}: '{text}'", refusal.ToString(), StringComparison.Ordinal);
        Assert.Contains(says, refusal.ToString(), StringComparison.Ordinal);
        Assert.Empty(wishes.Sources);
        Assert.Empty(wishes.Addresses);
    }

    [Theory]
    [InlineData("fabric.vmnet.io/addresses", " ")]
    [InlineData("cni.projectcalico.org/ipAddrs", "")]
    [InlineData("v1.multus-cni.io/default-network", "kube-system/macvlan-conf")]
    [InlineData("v1.multus-cni.io/default-network", """[{"name":"default","ips":null,"mac":""}]""")]
    [InlineData("attachnet.default.ovn.kubernetes.io/ip_address", "10.0.0.5")]
    [InlineData("network.kubevirt.io/addresses", """{"eth0":["10.0.0.5"]}""")]
    [InlineData("ovn.kubernetes.io/ingress_rate", "0")]
    [InlineData("ovn.kubernetes.io/egress_burst", "0")]
    [InlineData("ovn.kubernetes.io/loss", "0")]
    public void What_says_nothing_about_a_pods_network_is_no_wish(string annotation, string text) =>
        Assert.Equal(new NicWishes(), PodWishes((annotation, text)));

    [Theory]
    [InlineData("ovn.kubernetes.io/ingress_burst", "10", "a QosPolicy with average, peak and burst and write its name in fabric.vmnet.io/qos-policy")]
    [InlineData("ovn.kubernetes.io/egress_burst", "much", "a QosPolicy with average, peak and burst and write its name in fabric.vmnet.io/qos-policy")]
    [InlineData("ovn.kubernetes.io/latency", "3", "tc-netem(8)")]
    [InlineData("ovn.kubernetes.io/jitter", "3", "tc-netem(8)")]
    [InlineData("ovn.kubernetes.io/loss", "0.5", "tc-netem(8)")]
    [InlineData("ovn.kubernetes.io/limit", "20", "tc-netem(8)")]
    public void What_Fabric_does_not_have_is_left_out_and_said_with_what_to_do(string annotation, string text, string says)
    {
        var wishes = PodWishes((annotation, text), ("ovn.kubernetes.io/egress_rate", "3"));
        Assert.Equal("3M", wishes.Egress!.Average.ToString());
        Assert.Empty(wishes.Unreadable);
        var notice = Assert.Single(wishes.Ignored);
        Assert.Equal("WishLeftOut", notice.Reason);
        Assert.StartsWith($"interface eth0: {annotation}: '{text}' is left out: ", notice.ToString(), StringComparison.Ordinal);
        Assert.Contains(says, notice.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("fabric.vmnet.io/adresses", true)]
    [InlineData("fabric.vmnet.io/addresseslan", true)]
    [InlineData("fabric.vmnet.io/addresses", false)]
    [InlineData("fabric.vmnet.io/subnet.eth0", false)]
    [InlineData("other.io/adresses", false)]
    public void An_annotation_in_our_name_that_is_none_is_said(string annotation, bool isUnknown)
    {
        var notices = WishReader.OfPod(new Pod { Metadata = new ObjectMeta { Name = "p", Namespace = "a", Annotations = [KeyValuePair.Create(annotation, "10.0.0.5")] } }).Notices;
        Assert.Equal(isUnknown ? ["WishUnknown"] : [], notices.Select(notice => notice.Reason));
        Assert.All(notices, notice =>
        {
            Assert.Equal(annotation, notice.Field);
            Assert.Contains("fabric.vmnet.io/addresses", notice.Message, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Of_all_fabrics_words_ours_go_first_then_KubeVirts_OVN_Kubernetes_Kube_OVNs_and_Calicos()
    {
        (string Annotation, string Text)[] all =
        [
            ("fabric.vmnet.io/addresses.lan", "10.0.0.1"), ("fabric.vmnet.io/addresses", "10.0.0.2"),
            ("network.kubevirt.io/addresses", """{"lan":["10.0.0.3/24"]}"""),
            ("v1.multus-cni.io/default-network", """[{"ips":["10.0.0.4"]}]"""),
            ("ovn.kubernetes.io/ip_address", "10.0.0.5"), ("ovn.kubernetes.io/ip_pool", "10.0.0.6"),
            ("cni.projectcalico.org/ipAddrs", """["10.0.0.7"]"""), ("cni.projectcalico.org/ipAddrsNoIpam", """["10.0.0.8"]"""),
        ];
        for (var first = 0; first < all.Length - 1; first++)
        {
            var wishes = Assert.Single(WishReader.OfVm(Vm(template: all[first..])).Interfaces).Wishes;
            Assert.Equal($"10.0.0.{first + 1}", Assert.Single(wishes.Addresses).ToString());
            Assert.Equal(all[first].Annotation, Assert.Single(wishes.Sources).Source);
            Assert.Equal(all[(first + 1)..].Select(each => each.Annotation), wishes.Ignored.Select(each => each.Field!["interface lan: ".Length..]));
            Assert.Empty(wishes.Unreadable);
        }
    }

    [Fact]
    public void A_policy_named_in_our_words_goes_before_rates_in_others()
    {
        var wishes = PodWishes(("fabric.vmnet.io/qos-policy", "slow"), ("kubernetes.io/egress-bandwidth", "1M"));
        Assert.Equal(("slow", null), (wishes.QosPolicy, wishes.Egress));
        Assert.Equal(
            "interface eth0: kubernetes.io/egress-bandwidth: egress '1M' is ignored: fabric.vmnet.io/qos-policy says 'slow' and goes before it. Make them the same, or remove one of them.",
            Assert.Single(wishes.Ignored).ToString());
        var both = PodWishes(("kubernetes.io/egress-bandwidth", "1M"), ("ovn.kubernetes.io/egress_rate", "2"), ("ovn.kubernetes.io/ingress_rate", "3"));
        Assert.Equal(("1M", "3M"), (both.Egress!.Average.ToString(), both.Ingress!.Average.ToString()));
        Assert.Equal("interface eth0: ovn.kubernetes.io/egress_rate", Assert.Single(both.Ignored).Field);
    }

    [Fact]
    public void Which_of_two_contradicting_wishes_counts_is_said_with_both_values()
    {
        var wishes = PodWishes(("fabric.vmnet.io/addresses", "10.0.0.1"), ("ovn.kubernetes.io/ip_address", "10.0.0.2"), ("cni.projectcalico.org/ipAddrs", "nonsense"));
        Assert.Equal(
            [
                "interface eth0: ovn.kubernetes.io/ip_address: addresses '10.0.0.2' is ignored: fabric.vmnet.io/addresses says '10.0.0.1' and goes before it. Make them the same, or remove one of them.",
                "interface eth0: cni.projectcalico.org/ipAddrs: addresses 'nonsense' is ignored: fabric.vmnet.io/addresses says '10.0.0.1' and goes before it. Make them the same, or remove one of them.",
            ],
            wishes.Ignored.Select(each => each.ToString()));
        Assert.Empty(wishes.Unreadable);
    }

    [Fact]
    public void Two_that_say_the_same_contradict_nothing() =>
        Assert.Empty(PodWishes(("fabric.vmnet.io/addresses", "fd00::1,10.0.0.1"), ("ovn.kubernetes.io/ip_address", "10.0.0.1/24,fd00:0::1")).Ignored);

    [Fact]
    public void A_template_goes_before_its_VM_and_one_interface_before_the_whole()
    {
        var vm = Vm(
            template: [("fabric.vmnet.io/subnet", "template"), ("fabric.vmnet.io/ip-pool", "template-whole")],
            own: [("fabric.vmnet.io/subnet", "vm"), ("fabric.vmnet.io/ip-pool.lan", "vm-lan"), ("fabric.vmnet.io/qos-policy", "vm")]);
        var wishes = Assert.Single(WishReader.OfVm(vm).Interfaces).Wishes;
        Assert.Equal(("template", "vm-lan", "vm"), (wishes.Subnet, wishes.IpPool, wishes.QosPolicy));
        Assert.Equal(
            ["subnet=fabric.vmnet.io/subnet", "ipPool=fabric.vmnet.io/ip-pool.lan of VirtualMachine web", "qosPolicy=fabric.vmnet.io/qos-policy of VirtualMachine web"],
            wishes.Sources.Select(source => $"{source.Field}={source.Source}"));
    }

    [Fact]
    public void A_MAC_in_the_VMs_spec_goes_before_other_fabrics_and_after_ours()
    {
        var vm = Vm(template: [("ovn.kubernetes.io/mac_address", "02:00:00:00:00:02")], interfaces: """[{"name":"lan","bridge":{},"macAddress":"02-00-00-00-00-01"}]""");
        var wishes = Assert.Single(WishReader.OfVm(vm).Interfaces).Wishes;
        Assert.Equal("02:00:00:00:00:01", wishes.MacAddress.ToString());
        Assert.Equal("interfaces[].macAddress", Assert.Single(wishes.Sources).Source);
        Assert.Equal("WishIgnored", Assert.Single(wishes.Ignored).Reason);

        vm = Vm(template: [("fabric.vmnet.io/mac-address", "02:00:00:00:00:03")], interfaces: """[{"name":"lan","bridge":{},"macAddress":"no mac"}]""");
        wishes = Assert.Single(WishReader.OfVm(vm).Interfaces).Wishes;
        Assert.Equal("02:00:00:00:00:03", wishes.MacAddress.ToString());
        Assert.Contains("'no mac' is ignored", Assert.Single(wishes.Ignored).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_interface_on_the_pod_network_has_its_own_and_the_first_what_is_said_for_none()
    {
        var vm = Vm(
            template:
            [
                ("fabric.vmnet.io/subnet", "blue"), ("fabric.vmnet.io/addresses", "10.0.0.1"), ("fabric.vmnet.io/addresses.wan", "10.0.0.2"),
                ("network.kubevirt.io/addresses", """{"wan":["10.0.0.2"],"san":["192.168.0.1"]}"""), ("cni.projectcalico.org/hwAddr", "02:00:00:00:00:01"),
            ],
            interfaces: """[{"name":"san","bridge":{}},{"name":"lan","bridge":{}},{"name":"wan","bridge":{}}]""",
            networks: """[{"name":"san","multus":{"networkName":"san"}},{"name":"lan","pod":{}},{"name":"wan","pod":{}}]""");
        var read = WishReader.OfVm(vm);
        Assert.Equal(["lan", "wan"], read.Interfaces.Select(each => each.Name));
        Assert.Equal(["[10.0.0.1]", "[10.0.0.2]"], read.Interfaces.Select(each => each.Wishes.Addresses.ToString()));
        Assert.Equal(["blue", "blue"], read.Interfaces.Select(each => each.Wishes.Subnet));
        Assert.Equal(["02:00:00:00:00:01", null], read.Interfaces.Select(each => each.Wishes.MacAddress?.ToString()));
        Assert.All(read.Interfaces, each => Assert.Empty(each.Wishes.Ignored));
        Assert.Empty(read.Notices);
    }

    [Fact]
    public void Each_device_of_a_pod_that_a_Subnet_is_named_for_has_its_own()
    {
        var read = OfPod(
            ("fabric.vmnet.io/subnet.net2", "green"), ("fabric.vmnet.io/subnet.Net_1", "red"), ("fabric.vmnet.io/subnet.empty", " "), ("fabric.vmnet.io/subnet", "blue"),
            ("fabric.vmnet.io/addresses", "10.0.0.1"), ("fabric.vmnet.io/addresses.net2", "10.0.2.1"), ("fabric.vmnet.io/mac-address.Net_1", "02:00:00:00:00:01"),
            ("fabric.vmnet.io/security-groups", "web"), ("ovn.kubernetes.io/mac_address", "02:00:00:00:00:02"));

        Assert.Equal(["eth0", "Net_1", "net2"], read.Interfaces.Select(each => each.Name));
        Assert.Equal(["blue", "red", "green"], read.Interfaces.Select(each => each.Wishes.Subnet));
        Assert.Equal(["[10.0.0.1]", "[]", "[10.0.2.1]"], read.Interfaces.Select(each => each.Wishes.Addresses.ToString()));
        Assert.Equal(["02:00:00:00:00:02", "02:00:00:00:00:01", null], read.Interfaces.Select(each => each.Wishes.MacAddress?.ToString()));
        Assert.All(read.Interfaces, each => Assert.Equal("web", Assert.Single(each.Wishes.SecurityGroups)));
        // What the whole says is for the others: a device of another Subnet contradicts nothing.
        Assert.All(read.Interfaces, each => Assert.Empty(each.Wishes.Ignored));
        Assert.Empty(read.Notices);
    }

    [Theory]
    [InlineData("lo")]
    [InlineData("all")]
    [InlineData("net.1")]
    [InlineData("-net1")]
    [InlineData("sixteen-letters-")]
    public void A_Subnet_for_what_can_be_no_device_is_said(string name)
    {
        var read = OfPod(($"fabric.vmnet.io/subnet.{name}", "blue"));

        Assert.Equal("eth0", Assert.Single(read.Interfaces).Name);
        Assert.Equal(("WishForNoInterface", $"fabric.vmnet.io/subnet.{name}"), (Assert.Single(read.Notices).Reason, read.Notices[0].Field));
    }

    [Fact]
    public void A_pod_has_sixteen_devices_at_most()
    {
        var read = OfPod([.. Enumerable.Range(10, 20).Select(number => ($"fabric.vmnet.io/subnet.net{number}", "blue"))]);

        Assert.Equal(["eth0", .. Enumerable.Range(10, 15).Select(number => $"net{number}")], read.Interfaces.Select(each => each.Name));
        Assert.Equal(5, read.Notices.Count);
    }

    [Fact]
    public void A_wish_for_an_interface_that_is_not_there_is_said()
    {
        var read = WishReader.OfVm(Vm(
            template: [("fabric.vmnet.io/addresses.lna", "10.0.0.1"), ("network.kubevirt.io/addresses", """{"default":["10.0.0.2"]}""")]));
        Assert.Equal(
            [
                "fabric.vmnet.io/addresses.lna: Nothing comes of it: there is no interface 'lna' on the pod network, only lan. Correct the name or remove it.",
                "network.kubevirt.io/addresses: Nothing comes of it: there is no interface 'default' on the pod network, only lan. Correct the name or remove it.",
            ],
            read.Notices.Select(each => each.ToString()));
        Assert.Equal(new NicWishes(), Assert.Single(read.Interfaces).Wishes);
    }

    [Fact]
    public void An_instance_without_a_VM_says_its_own()
    {
        var instance = new VirtualMachineInstance
        {
            Metadata = new ObjectMeta { Annotations = [KeyValuePair.Create("network.kubevirt.io/addresses", """{"default":["10.0.0.5/24"]}""")] },
        };
        Assert.Equal("10.0.0.5", Assert.Single(Assert.Single(WishReader.OfInstance(instance).Interfaces).Wishes.Addresses).ToString());
    }

    [Fact]
    public void Very_long_text_is_refused_and_quoted_in_part()
    {
        var refusal = Assert.Single(PodWishes(("cni.projectcalico.org/ipAddrs", $"[\"{new string('1', 250_000)}\"]")).Unreadable);
        Assert.Contains("longer than 16384 characters", refusal.ToString(), StringComparison.Ordinal);
        Assert.InRange(refusal.ToString().Length, 100, 500);
    }

    internal static VirtualMachine Vm(
        (string Annotation, string Text)[]? template = null, (string Annotation, string Text)[]? own = null,
        string interfaces = """[{"name":"lan","bridge":{}}]""", string networks = """[{"name":"lan","pod":{}}]""")
    {
        var spec = JsonSerializer.Deserialize(
            $$$"""{"spec":{"domain":{"devices":{"interfaces":{{{interfaces}}}}},"networks":{{{networks}}}}}""", KubeVirtJson.Default.VirtualMachineInstance)!.Spec;
        return new VirtualMachine
        {
            Metadata = new ObjectMeta { Name = "web", Annotations = Map(own) },
            Spec = new VirtualMachineSpec { Template = new VirtualMachineInstanceTemplate { Metadata = new ObjectMeta { Annotations = Map(template) }, Spec = spec } },
        };
    }

    private static NicWishes PodWishes(params (string Annotation, string Text)[] annotations) => Assert.Single(OfPod(annotations).Interfaces).Wishes;

    private static WorkloadWishes OfPod(params (string Annotation, string Text)[] annotations) =>
        WishReader.OfPod(new Pod { Metadata = new ObjectMeta { Annotations = Map(annotations) } });

    private static EquatableMap<string, string> Map((string Annotation, string Text)[]? annotations) =>
        (annotations ?? []).Select(each => KeyValuePair.Create(each.Annotation, each.Text)).ToEquatableMap();

    private static string? ValueOf(NicWishes wishes, string field) => field switch
    {
        WishField.Subnet => wishes.Subnet,
        WishField.MacAddress => wishes.MacAddress.ToString(),
        WishField.Addresses => wishes.Addresses.ToString(),
        WishField.IpPool => wishes.IpPool,
        WishField.Ingress => $"{wishes.Ingress!.Average.BitsPerSecond}",
        WishField.Egress => $"{wishes.Egress!.Average.BitsPerSecond}",
        WishField.SecurityGroups => wishes.SecurityGroups.ToString(),
        _ => wishes.QosPolicy,
    };
}
