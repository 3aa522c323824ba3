using System.Text.Json;
using Fabric.Policy.Compiling;
using Fabric.Policy.Model;
using Fabric.Policy.Validating;
using Fabric.Resources;

namespace Fabric.Policy.Tests;

/// <summary>The truth tables of NetworkPolicies, written as their manifests are.</summary>
public class NetworkPolicyTests
{
    private const string Everybody = "x/a x/b x/c y/a y/b y/c z/a z/b z/c outside";
    private const string Nobody = "";
    private const string InX = "x/b x/c";
    private const string PolicyForA = "\"podSelector\":{\"matchLabels\":{\"pod\":\"a\"}}";

    private static CompiledPolicy Policy(string spec, string ns = "x") =>
        NetworkPolicyCompiler.Compile(JsonSerializer.Deserialize($$$"""{"metadata":{"namespace":"{{{ns}}}","name":"p"},"spec":{{{spec}}}}""", ResourceJson.Default.NetworkPolicy)!);

    private static string Without(string who, string all) => string.Join(' ', all.Split(' ').Where(each => each != who));

    /// <summary>Who reaches x/a at TCP 80, by what the policy of namespace x says.</summary>
    [Theory]
    // Isolation.
    [InlineData("{" + PolicyForA + "}", Nobody)]
    [InlineData("{" + PolicyForA + ",\"ingress\":[]}", Nobody)]
    [InlineData("{" + PolicyForA + ",\"ingress\":null}", Nobody)]
    [InlineData("{\"podSelector\":{}}", Nobody)]
    [InlineData("{}", Nobody)]
    [InlineData("{" + PolicyForA + ",\"policyTypes\":[\"Ingress\"]}", Nobody)]
    [InlineData("{" + PolicyForA + ",\"policyTypes\":[\"Egress\"]}", Everybody)]
    [InlineData("{" + PolicyForA + ",\"policyTypes\":[\"Egress\"],\"ingress\":[]}", Everybody)]
    [InlineData("{\"podSelector\":{\"matchLabels\":{\"pod\":\"b\"}}}", Everybody)]
    // Rules that say all.
    [InlineData("{" + PolicyForA + ",\"ingress\":[{}]}", Everybody)]
    [InlineData("{" + PolicyForA + ",\"ingress\":[{\"from\":[]}]}", Everybody)]
    [InlineData("{" + PolicyForA + ",\"ingress\":[{\"from\":[],\"ports\":[]}]}", Everybody)]
    [InlineData("{" + PolicyForA + ",\"ingress\":[{\"from\":null,\"ports\":null}]}", Everybody)]
    // Selectors of peers.
    [InlineData("{" + PolicyForA + ",\"ingress\":[{\"from\":[{\"podSelector\":{}}]}]}", InX)]
    [InlineData("{" + PolicyForA + ",\"ingress\":[{\"from\":[{\"podSelector\":{\"matchLabels\":{\"pod\":\"b\"}}}]}]}", "x/b")]
    [InlineData("{" + PolicyForA + ",\"ingress\":[{\"from\":[{\"namespaceSelector\":{}}]}]}", "x/b x/c y/a y/b y/c z/a z/b z/c")]
    [InlineData("{" + PolicyForA + ",\"ingress\":[{\"from\":[{\"namespaceSelector\":{\"matchLabels\":{\"ns\":\"y\"}}}]}]}", "y/a y/b y/c")]
    [InlineData("{" + PolicyForA + ",\"ingress\":[{\"from\":[{\"namespaceSelector\":{\"matchLabels\":{\"ns\":\"y\"}},\"podSelector\":{}}]}]}", "y/a y/b y/c")]
    [InlineData("{" + PolicyForA + ",\"ingress\":[{\"from\":[{\"namespaceSelector\":{\"matchLabels\":{\"ns\":\"y\"}},\"podSelector\":{\"matchLabels\":{\"pod\":\"b\"}}}]}]}", "y/b")]
    [InlineData("{" + PolicyForA + ",\"ingress\":[{\"from\":[{\"namespaceSelector\":{},\"podSelector\":{\"matchLabels\":{\"pod\":\"b\"}}}]}]}", "x/b y/b z/b")]
    [InlineData("{" + PolicyForA + ",\"ingress\":[{\"from\":[{\"namespaceSelector\":{\"matchLabels\":{\"ns\":\"y\"}}},{\"podSelector\":{\"matchLabels\":{\"pod\":\"b\"}}}]}]}", "x/b y/a y/b y/c")]
    [InlineData("{" + PolicyForA + ",\"ingress\":[{\"from\":[{\"namespaceSelector\":{\"matchExpressions\":[{\"key\":\"ns\",\"operator\":\"NotIn\",\"values\":[\"x\"]}]}}]}]}", "y/a y/b y/c z/a z/b z/c")]
    [InlineData("{" + PolicyForA + ",\"ingress\":[{\"from\":[{\"podSelector\":{\"matchExpressions\":[{\"key\":\"pod\",\"operator\":\"In\",\"values\":[\"b\",\"c\"]}]}}]}]}", InX)]
    [InlineData("{" + PolicyForA + ",\"ingress\":[{\"from\":[{\"podSelector\":{\"matchExpressions\":[{\"key\":\"none\",\"operator\":\"DoesNotExist\"}]}}]}]}", InX)]
    [InlineData("{" + PolicyForA + ",\"ingress\":[{\"from\":[{\"podSelector\":{\"matchExpressions\":[{\"key\":\"none\",\"operator\":\"Exists\"}]}}]}]}", Nobody)]
    // Rules add up.
    [InlineData("{" + PolicyForA + ",\"ingress\":[{\"from\":[{\"podSelector\":{\"matchLabels\":{\"pod\":\"b\"}}}]},{\"from\":[{\"podSelector\":{\"matchLabels\":{\"pod\":\"c\"}}}]}]}", InX)]
    // Blocks.
    [InlineData("{" + PolicyForA + ",\"ingress\":[{\"from\":[{\"ipBlock\":{\"cidr\":\"10.0.2.0/24\"}}]}]}", "y/a y/b y/c")]
    [InlineData("{" + PolicyForA + ",\"ingress\":[{\"from\":[{\"ipBlock\":{\"cidr\":\"10.0.2.77/24\"}}]}]}", "y/a y/b y/c")]
    [InlineData("{" + PolicyForA + ",\"ingress\":[{\"from\":[{\"ipBlock\":{\"cidr\":\"10.0.2.0/24\",\"except\":[\"10.0.2.2/32\",\"10.0.2.3/32\"]}}]}]}", "y/a")]
    [InlineData("{" + PolicyForA + ",\"ingress\":[{\"from\":[{\"ipBlock\":{\"cidr\":\"0.0.0.0/0\",\"except\":[\"10.0.0.0/8\"]}}]}]}", "outside")]
    [InlineData("{" + PolicyForA + ",\"ingress\":[{\"from\":[{\"ipBlock\":{\"cidr\":\"::/0\"}}]}]}", Nobody)]
    // Ports.
    [InlineData("{" + PolicyForA + ",\"ingress\":[{\"ports\":[{\"port\":80}]}]}", Everybody)]
    [InlineData("{" + PolicyForA + ",\"ingress\":[{\"ports\":[{\"port\":81}]}]}", Nobody)]
    [InlineData("{" + PolicyForA + ",\"ingress\":[{\"ports\":[{\"protocol\":\"UDP\",\"port\":80}]}]}", Nobody)]
    [InlineData("{" + PolicyForA + ",\"ingress\":[{\"ports\":[{\"protocol\":\"UDP\"}]}]}", Nobody)]
    [InlineData("{" + PolicyForA + ",\"ingress\":[{\"ports\":[{\"protocol\":\"TCP\"}]}]}", Everybody)]
    [InlineData("{" + PolicyForA + ",\"ingress\":[{\"ports\":[{}]}]}", Everybody)]
    [InlineData("{" + PolicyForA + ",\"ingress\":[{\"ports\":[{\"port\":70,\"endPort\":80}]}]}", Everybody)]
    [InlineData("{" + PolicyForA + ",\"ingress\":[{\"ports\":[{\"port\":80,\"endPort\":80}]}]}", Everybody)]
    [InlineData("{" + PolicyForA + ",\"ingress\":[{\"ports\":[{\"port\":81,\"endPort\":90}]}]}", Nobody)]
    [InlineData("{" + PolicyForA + ",\"ingress\":[{\"ports\":[{\"port\":90,\"endPort\":70}]}]}", Nobody)]
    [InlineData("{" + PolicyForA + ",\"ingress\":[{\"ports\":[{\"port\":\"serve-80\"}]}]}", Everybody)]
    [InlineData("{" + PolicyForA + ",\"ingress\":[{\"ports\":[{\"protocol\":\"UDP\",\"port\":\"serve-80\"}]}]}", Nobody)]
    [InlineData("{" + PolicyForA + ",\"ingress\":[{\"ports\":[{\"port\":\"other\"}]}]}", Nobody)]
    [InlineData("{" + PolicyForA + ",\"ingress\":[{\"ports\":[{\"port\":81},{\"port\":80}]}]}", Everybody)]
    // Both.
    [InlineData("{" + PolicyForA + ",\"ingress\":[{\"from\":[{\"podSelector\":{\"matchLabels\":{\"pod\":\"b\"}}}],\"ports\":[{\"port\":80}]}]}", "x/b")]
    [InlineData("{" + PolicyForA + ",\"ingress\":[{\"from\":[{\"podSelector\":{\"matchLabels\":{\"pod\":\"b\"}}}],\"ports\":[{\"port\":81}]}]}", Nobody)]
    public void Ingress_is_as_the_truth_table_says(string spec, string reaching)
    {
        var policy = Policy(spec);
        var expected = Without("x/a", reaching);
        Assert.Equal(expected, World.Reaching("x/a", 80, policy));
        // As it is rendered: without names.
        var resolved = NamedPorts.Resolve(policy, (name, protocol) => name == "serve-80" && protocol == SecurityProtocol.TCP ? [80, 81] : []);
        Assert.DoesNotContain(resolved.Rules, rule => rule.TrafficOrAll?.Any(each => each.PortName is not null) == true);
        Assert.Equal(expected, World.Reaching("x/a", 80, resolved));
        // Others are not concerned, but by what x/a may send.
        Assert.Equal(Without("x/a", Without("y/a", Everybody)), Without("x/a", World.Reaching("y/a", 80, policy)));
    }

    /// <summary>Whom x/a reaches at TCP 80.</summary>
    [Theory]
    [InlineData("{" + PolicyForA + ",\"policyTypes\":[\"Egress\"]}", Nobody)]
    [InlineData("{" + PolicyForA + ",\"egress\":[{}]}", Everybody)]
    [InlineData("{" + PolicyForA + ",\"egress\":[]}", Everybody)]
    [InlineData("{" + PolicyForA + ",\"egress\":[{\"to\":[{\"podSelector\":{}}]}]}", InX)]
    [InlineData("{" + PolicyForA + ",\"policyTypes\":[\"Ingress\"],\"egress\":[{\"to\":[{\"podSelector\":{}}]}]}", Everybody)]
    [InlineData("{" + PolicyForA + ",\"egress\":[{\"to\":[{\"ipBlock\":{\"cidr\":\"192.0.2.0/24\"}}]}]}", "outside")]
    [InlineData("{" + PolicyForA + ",\"egress\":[{\"ports\":[{\"port\":\"serve-80\"}]}]}", "x/b y/a y/b z/a z/b")]
    [InlineData("{" + PolicyForA + ",\"egress\":[{\"to\":[{\"namespaceSelector\":{\"matchLabels\":{\"ns\":\"y\"}}}],\"ports\":[{\"port\":\"serve-80\"}]}]}", "y/a y/b")]
    [InlineData("{" + PolicyForA + ",\"egress\":[{\"to\":[{\"ipBlock\":{\"cidr\":\"0.0.0.0/0\"}}],\"ports\":[{\"port\":81}]}]}", Nobody)]
    public void Egress_is_as_the_truth_table_says(string spec, string reached)
    {
        var policy = Policy(spec);
        var expected = Without("x/a", reached);
        foreach (var each in (CompiledPolicy[])[policy, NamedPorts.Resolve(policy, (_, protocol) => protocol == SecurityProtocol.TCP ? [80, 81] : [])])
        {
            Assert.Equal(expected, string.Join(
                ' ', World.Pods.Select(pod => pod.Nic.ToString()).Append("outside").Where(to => to != "x/a" && World.Passes(World.Connect("x/a", to), each))));
        }
    }

    [Fact]
    public void A_named_port_is_each_pods_own()
    {
        var policy = Policy("""{"podSelector":{},"ingress":[{"ports":[{"port":"serve-80"}]}]}""");
        Assert.True(World.Passes(World.Connect("y/a", "x/b", 80), policy));
        Assert.False(World.Passes(World.Connect("y/a", "x/c", 80), policy));
        Assert.True(World.Passes(World.Connect("y/a", "x/c", 81), policy));
    }

    [Fact]
    public void Policies_add_up_and_isolate_each_for_itself()
    {
        CompiledPolicy[] policies =
        [
            World.NetworkPolicy("x", new() { PolicyTypes = ["Ingress", "Egress"] }, "deny"),
            World.NetworkPolicy("x", new() { PodSelector = World.Labels("pod", "a"), Ingress = [new() { From = [new() { PodSelector = World.Labels("pod", "b") }] }] }, "in"),
            World.NetworkPolicy("x", new() { PodSelector = World.Labels("pod", "b"), Egress = [new() { To = [new() { PodSelector = World.Labels("pod", "a") }] }] }, "out"),
        ];
        Assert.Equal("x/b", World.Reaching("x/a", 80, policies));
        Assert.Equal("", World.Reaching("x/b", 80, policies));
        Assert.True(World.Passes(World.Connect("y/a", "z/a"), policies));
    }

    [Fact]
    public void A_peer_of_another_Vpc_is_not_the_one_that_is_meant()
    {
        var policy = Policy("""{"podSelector":{},"ingress":[{"from":[{"namespaceSelector":{}}]}]}""");
        var stranger = World.Pod("y/a") with { Vpc = "w" };
        Assert.False(World.Passes(new(new(stranger.Addresses[0], stranger), World.End("x/a"), SecurityProtocol.TCP) { Port = 80 }, policy));
    }

    [Theory]
    [InlineData("""{"ingress":[{"from":[{}]}]}""", "spec.ingress[0].from[0]: it names nobody: say podSelector, namespaceSelector or ipBlock.")]
    [InlineData("""{"egress":[{},{"to":[{"ipBlock":{"cidr":"10.0.0.0/8"},"podSelector":{}}]}]}""", "spec.egress[1].to[0]: ipBlock cannot be said beside podSelector or namespaceSelector: make a peer of each.")]
    [InlineData("""{"ingress":[{"from":[{"ipBlock":{"cidr":"10.0.0.0/8","except":["11.0.0.0/8"]}}]}]}""", "spec.ingress[0].from[0].ipBlock.except[0]: 11.0.0.0/8 is not a part of 10.0.0.0/8.")]
    [InlineData("""{"ingress":[{"ports":[{"port":90,"endPort":80}]}]}""", "spec.ingress[0].ports[0].endPort: 80 is less than port, which is 90: write the lower one in port.")]
    [InlineData("""{"ingress":[{"ports":[{"endPort":80}]}]}""", "spec.ingress[0].ports[0].endPort: a range begins with a number: say it in port.")]
    [InlineData("""{"ingress":[{"ports":[{"port":"http","endPort":80}]}]}""", "spec.ingress[0].ports[0].endPort: a range begins with a number: say it in port.")]
    [InlineData("""{"ingress":[{"ports":[{"port":0}]}]}""", "spec.ingress[0].ports[0].port: 0 is no port: give 1 to 65535, or a name.")]
    public void What_cannot_be_meant_is_said_with_its_field_and_allows_nobody(string spec, string message)
    {
        var policy = JsonSerializer.Deserialize($$$"""{"metadata":{"namespace":"x","name":"p"},"spec":{{{spec}}}}""", ResourceJson.Default.NetworkPolicy)!;
        Assert.Equal([message], NetworkPolicyRules.Validate(policy).Select(refusal => refusal.ToString()));
    }

    [Fact]
    public void Of_a_name_that_stands_for_too_many_numbers_as_many_are_let_in_as_there_is_room_for_and_that_is_told()
    {
        var policy = Policy("{" + PolicyForA + ",\"ingress\":[{\"ports\":[{\"port\":\"serve-80\"}]}]}");
        var resolved = NamedPorts.Resolve(policy, (_, _) => Enumerable.Range(80, 5000));
        Assert.Equal((1000 + 2, "spec.ingress: 5000 rules are more than 1000"), (resolved.Rules.Count, resolved.TooLarge.Single().ToString().Split(':') is [var field, var problem, ..] ? $"{field}:{problem}" : ""));
        Assert.Equal(Without("x/a", Everybody), World.Reaching("x/a", 80, resolved));
        Assert.Equal(Nobody, World.Reaching("x/a", 2000, resolved));
        Assert.True(NamedPorts.Resolve(policy, (_, _) => Enumerable.Range(80, 1000)).TooLarge.IsEmpty);
    }
}
