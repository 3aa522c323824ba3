using System.Text.Json;
using Cni.Agent.Journal;
using Cni.Agent.Requests;
using Cni.Agent.Serving;
using Cni.Protocol;
using Fabric.Primitives;
using Fabric.Resources;

namespace Cni.Agent.Tests.Requests;

public sealed class AttachmentRequestTests
{
    private const string PodArguments = "IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web;K8S_POD_INFRA_CONTAINER_ID=c1;K8S_POD_UID=u1";

    [Fact]
    public void A_pod_is_known_by_its_arguments()
    {
        var asked = Read("{}");

        Assert.Equal(new AttachmentKey("c1", "eth0"), asked.Key);
        Assert.Equal(("shop", "web", "u1"), (asked.Pod!.Namespace, asked.Pod.Name, asked.Pod.Uid));
        Assert.Null(asked.Container);
        Assert.Equal("fabric", asked.Network);
    }

    [Fact]
    public void A_network_with_a_namespace_makes_a_Nic_for_whatever_container_it_is()
    {
        var asked = Read("""{"namespace":"demo","subnet":"blue"}""");

        Assert.Null(asked.Pod);
        Assert.Equal(new ContainerOwner("demo", "blue", "web", "c1"), asked.Container);
        Assert.Equal(new ContainerOwner("demo", null, "c1", "c1"), Read("""{"namespace":"demo"}""", arguments: "").Container);
    }

    [Fact]
    public void Two_containers_of_one_name_have_two_Nics_and_one_container_always_the_same()
    {
        var one = new ContainerOwner("demo", null, "Web_1", "c1");

        Assert.Equal(one.NicOn("node-1", "eth0"), new ContainerOwner("demo", "blue", "Web_1", "c1").NicOn("node-1", "eth0"));
        Assert.Matches("^container\\.web-1-[0-9a-f]{10}\\.eth0$", one.NicOn("node-1", "eth0").Name);
        Assert.Equal(
            4,
            new[] { one.NicOn("node-1", "eth0"), one.NicOn("node-2", "eth0"), one.NicOn("node-1", "eth1"), (one with { Id = "c2" }).NicOn("node-1", "eth0") }.Distinct().Count());
    }

    [Theory]
    [InlineData("""{"runtimeConfig":{"ips":["10.1.0.9/24","fd01::9"]},"args":{"cni":{"ips":["10.1.0.8"]}}}""", "IP=10.1.0.7", "10.1.0.9/24 fd01::9", "runtimeConfig.ips")]
    [InlineData("""{"args":{"cni":{"ips":["10.1.0.8"]}}}""", "IP=10.1.0.7", "10.1.0.8", "args.cni.ips")]
    [InlineData("{}", "IP=10.1.0.7/24", "10.1.0.7/24", "IP in CNI_ARGS")]
    [InlineData("""{"runtimeConfig":{"ips":[]}}""", "", "", "")]
    public void Addresses_are_wished_in_three_places_of_which_one_counts(string config, string argument, string addresses, string source)
    {
        var wish = Read(config, arguments: $"{PodArguments};{argument}").Wish;

        Assert.Equal((addresses, source), (string.Join(' ', wish.Addresses), wish.AddressSource));
    }

    [Fact]
    public void Labels_and_MAC_are_read_and_Fabrics_own_labels_are_not_a_containers_to_set()
    {
        var wish = Read(
            """{"runtimeConfig":{"mac":"02:00:00:00:00:09"},"args":{"cni":{"labels":[{"key":"app","value":"shop"},{"key":"fabric.vmnet.io/x","value":"y"},{"key":"empty"}]}}}""",
            arguments: $"{PodArguments};MAC=02:00:00:00:00:08").Wish;

        Assert.Equal(("02:00:00:00:00:09", "runtimeConfig.mac"), (wish.Mac.ToString(), wish.MacSource));
        Assert.Equal(["app=shop", "empty="], wish.Labels.Select(label => $"{label.Key}={label.Value}").Order(StringComparer.Ordinal));
        Assert.Equal("MAC in CNI_ARGS", Read("{}", arguments: $"{PodArguments};MAC=02:00:00:00:00:08").Wish.MacSource);
    }

    [Theory]
    [InlineData("""{"runtimeConfig":{"bandwidth":{"ingressRate":999}}}""", CniErrorCode.InvalidConfig, "runtimeConfig.bandwidth.ingressRate: 999 bit/s")]
    [InlineData("""{"runtimeConfig":{"bandwidth":{"egressRate":-1}}}""", CniErrorCode.InvalidConfig, "runtimeConfig.bandwidth.egressRate: -1 bit/s")]
    [InlineData("""{"runtimeConfig":{"bandwidth":{"egressRate":"10M"}}}""", CniErrorCode.InvalidConfig, "bandwidth.egressRate")]
    [InlineData("""{"runtimeConfig":{"deviceID":"0000:04:00.5"}}""", CniErrorCode.UnsupportedField, "0000:04:00.5")]
    [InlineData("""{"runtimeConfig":{"aliases":["db"]}}""", CniErrorCode.UnsupportedField, "db")]
    [InlineData("""{"runtimeConfig":{"infinibandGUID":"c2:11:22:33:44:55:66:77"}}""", CniErrorCode.UnsupportedField, "infinibandGUID")]
    [InlineData("""{"runtimeConfig":{"ipRanges":[[{"subnet":"10.1.2.0/24"}]]}}""", CniErrorCode.UnsupportedField, "10.1.2.0/24")]
    [InlineData("""{"runtimeConfig":{"ips":["10.1.0.300"]}}""", CniErrorCode.InvalidConfig, "10.1.0.300")]
    [InlineData("""{"runtimeConfig":{"ips":["10.1.0.3","10.1.0.4"]}}""", CniErrorCode.InvalidConfig, "10.1.0.4")]
    [InlineData("""{"runtimeConfig":{"ips":[null]}}""", CniErrorCode.InvalidConfig, "runtimeConfig.ips")]
    [InlineData("""{"runtimeConfig":{"ips":{}}}""", CniErrorCode.InvalidConfig, "runtimeConfig.ips")]
    [InlineData("""{"runtimeConfig":{"mac":"01:00:5e:00:00:01"}}""", CniErrorCode.InvalidConfig, "01:00:5e:00:00:01")]
    [InlineData("""{"runtimeConfig":[]}""", CniErrorCode.InvalidConfig, "runtimeConfig")]
    [InlineData("""{"args":{"cni":{"labels":7}}}""", CniErrorCode.InvalidConfig, "args.cni.labels")]
    [InlineData("""{"dns":{"nameservers":"10.0.0.1"}}""", CniErrorCode.InvalidConfig, "dns.nameservers")]
    [InlineData("""{"prevResult":{"ips":[{}]}}""", CniErrorCode.InvalidConfig, "prevResult")]
    [InlineData("""{"prevResult":{"interfaces":[{"name":"eth0","sandbox":"/n"}]}}""", CniErrorCode.InvalidEnvironment, "CNI_IFNAME")]
    [InlineData("""{"device":"net1","prevResult":{"interfaces":[{"name":"net1","sandbox":"/n"}]}}""", CniErrorCode.InvalidEnvironment, "net1")]
    [InlineData("""{"device":"a/b"}""", CniErrorCode.InvalidConfig, "a/b")]
    [InlineData("""{"subnet":"blue"}""", CniErrorCode.InvalidConfig, "namespace")]
    [InlineData("""{"name":"-x"}""", CniErrorCode.InvalidConfig, "-x")]
    [InlineData("""{"name":""}""", CniErrorCode.InvalidConfig, "name")]
    public void What_is_not_done_or_cannot_be_read_is_refused_with_field_and_value(string config, int code, string named)
    {
        var failure = Assert.Throws<CniFailure>(() => Read(config));

        Assert.Equal(code, failure.Code);
        Assert.Contains(named, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("c1", "eth0", PodArguments + ";IP=x", "IP in CNI_ARGS")]
    [InlineData("c1", "eth0", PodArguments + ";MAC=x", "MAC in CNI_ARGS")]
    [InlineData("c1", "eth0", "IP=10.0.0.1;COLOUR=blue", "COLOUR")]
    [InlineData("c1", "eth0", "K8S_POD_NAME", "CNI_ARGS")]
    [InlineData("../c1", "eth0", PodArguments, "CNI_CONTAINERID")]
    [InlineData("-c1", "eth0", PodArguments, "CNI_CONTAINERID")]
    [InlineData("c1", "a:b", PodArguments, "CNI_IFNAME")]
    [InlineData("c1", "sixteen-bytes-xx", PodArguments, "CNI_IFNAME")]
    [InlineData("c1", "lo", PodArguments, "CNI_IFNAME")]
    [InlineData("c1", "eth0", "IgnoreUnknown=1", "K8S_POD_NAME")]
    public void Variables_that_are_wrong_are_named(string container, string device, string arguments, string named)
    {
        var failure = Assert.Throws<CniFailure>(() => Read("{}", container, device, arguments));

        Assert.Equal(CniErrorCode.InvalidEnvironment, failure.Code);
        Assert.Contains(named, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"runtimeConfig":{"bandwidth":{"ingressRate":0,"egressRate":0},"deviceID":"","aliases":[],"portMappings":[{"hostPort":80,"containerPort":80}],"cgroupPath":"/x"}}""")]
    [InlineData("""{"runtimeConfig":{},"args":{},"capabilities":{"ips":true},"ipam":{}}""")]
    public void What_asks_for_nothing_of_Fabric_is_passed_over(string config) => Assert.True(Read(config).Wish.Addresses.IsEmpty);

    [Fact]
    public void Name_service_of_the_runtime_goes_before_the_networks_and_that_before_the_Nics()
    {
        var own = new CniResult { Dns = new CniDns { Nameservers = ["10.88.0.53"], Domain = "web.example", Search = ["web.example"] } };

        var answer = Read("""{"runtimeConfig":{"dns":{"servers":["192.0.2.1"],"searches":[]}},"dns":{"nameservers":["192.0.2.2"],"search":["net.example"]}}""").Answer(own).Dns!;

        Assert.Equal(("192.0.2.1", "net.example", "web.example"), (answer.Nameservers!.Single(), answer.Search!.Single(), answer.Domain));
        Assert.Equal("10.88.0.53", Read("{}").Answer(own).Dns!.Nameservers!.Single());
    }

    [Fact]
    public void A_wish_agrees_with_its_Nic_or_says_what_both_have_and_what_to_do()
    {
        var nic = new Nic
        {
            Metadata = new ObjectMeta { Namespace = "shop", Name = "pod.web.eth0" },
            Spec = new NicSpec { Subnet = "blue", Interface = "eth0", Owner = new NicOwner { Kind = NicOwnerKind.Pod, Name = "web", Uid = "u1" } },
            Status = new NicStatus { Addresses = [IpInterfaceAddress.Parse("10.1.0.5/24"), IpInterfaceAddress.Parse("fd01::5/64")], MacAddress = MacAddress.Parse("02:00:00:00:00:05") },
        };

        Assert.Null(Read("""{"runtimeConfig":{"ips":["10.1.0.5/24","FD01:0:0::5"],"mac":"02:00:00:00:00:05"}}""").Wish.Disagreement(nic));
        Assert.Null(Read("""{"runtimeConfig":{"ips":["10.1.0.5/32"]}}""").Wish.Disagreement(nic));
        var other = Read("""{"runtimeConfig":{"ips":["10.1.0.6"]}}""").Wish.Disagreement(nic)!;
        Assert.Equal(CniErrorCode.Refused, other.Code);
        Assert.Contains("10.1.0.6", other.Message, StringComparison.Ordinal);
        Assert.Contains("10.1.0.5/24", other.Message, StringComparison.Ordinal);
        Assert.Contains("fabric.vmnet.io/addresses: 10.1.0.6", other.Details, StringComparison.Ordinal);
        Assert.Contains("/24", Read("""{"runtimeConfig":{"ips":["10.1.0.5/16"]}}""").Wish.Disagreement(nic)!.Message, StringComparison.Ordinal);
        var mac = Read("""{"runtimeConfig":{"mac":"02:00:00:00:00:06"}}""").Wish.Disagreement(nic)!;
        Assert.Contains("02:00:00:00:00:05", mac.Message, StringComparison.Ordinal);
        Assert.Contains("fabric.vmnet.io/mac-address: 02:00:00:00:00:06", mac.Details, StringComparison.Ordinal);
    }

    /// <summary>The capability counts bit/s, as Nics do, and its ingress is towards the container.</summary>
    [Fact]
    public void A_rate_asks_for_a_limit_and_any_limit_of_the_Nic_in_its_direction_grants_it()
    {
        var wish = Read("""{"runtimeConfig":{"bandwidth":{"ingressRate":10000000,"ingressBurst":4294967295,"egressRate":2000}}}""").Wish;
        var nic = new Nic
        {
            Metadata = new ObjectMeta { Namespace = "shop", Name = "pod.web.eth0" },
            Spec = new NicSpec { Subnet = "blue", Interface = "eth0", Owner = new NicOwner { Kind = NicOwnerKind.Pod, Name = "web", Uid = "u1" } },
            Status = new NicStatus { Qos = new NicQos { Ingress = new QosLimit { Average = BitRate.Parse("5M") } } },
        };

        Assert.Equal(("10M", "2k"), (wish.Ingress!.Average.ToString(), wish.Egress!.Average.ToString()));
        Assert.Equal(
            ["ingress=runtimeConfig.bandwidth.ingressRate", "egress=runtimeConfig.bandwidth.egressRate"], wish.Sources.Select(source => $"{source.Field}={source.Source}"));
        var refused = wish.Disagreement(nic)!;
        Assert.Equal(CniErrorCode.Refused, refused.Code);
        Assert.Contains("egressRate asks for 2k bit/s", refused.Message, StringComparison.Ordinal);
        Assert.Contains("kubernetes.io/egress-bandwidth: 2k", refused.Details, StringComparison.Ordinal);
        Assert.Null((wish with { Egress = null }).Disagreement(nic));
    }

    [Fact]
    public void No_configuration_makes_the_reader_do_anything_but_refuse()
    {
        var random = new Random(20261127);
        const string Valid = """{"cniVersion":"1.1.0","name":"n","namespace":"d","subnet":"s","device":"net1","defaultRoute":true,"dns":{"search":["a"]},"runtimeConfig":{"ips":["10.0.0.1/24"],"mac":"02:00:00:00:00:01","dns":{"servers":["10.0.0.2"]},"bandwidth":{"ingressRate":0}},"args":{"cni":{"labels":[{"key":"a","value":"b"}]}},"prevResult":{"interfaces":[{"name":"e"}]}}""";
        var read = 0;
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = System.Text.Encoding.UTF8.GetBytes(Valid);
            for (var flips = random.Next(1, 4); flips > 0; flips--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(32, 127);
            try
            {
                var config = JsonSerializer.Deserialize(bytes, CniJson.Default.NetworkConfig)!;
                _ = AttachmentRequest.Of(new CniRequest { Command = "ADD", ContainerId = "c1", Netns = "/n", Ifname = "eth0", Args = "IP=10.0.0.1", Config = config }).Answer(new CniResult());
                read++;
            }
            catch (JsonException)
            {
                // No JSON, or a field that every command needs.
            }
            catch (CniFailure e)
            {
                Assert.NotEqual(0, e.Code);
            }
        }

        Assert.InRange(read, 100, 20_000);
    }

    private static AttachmentRequest Read(string config, string container = "c1", string device = "eth0", string arguments = PodArguments)
    {
        var read = JsonSerializer.Deserialize(config, CniJson.Default.NetworkConfig)!;
        return AttachmentRequest.Of(new CniRequest
        {
            Command = "ADD",
            ContainerId = container,
            Netns = "/n",
            Ifname = device,
            Args = arguments,
            Config = read with { Name = read.Name ?? "fabric" },
        });
    }
}
