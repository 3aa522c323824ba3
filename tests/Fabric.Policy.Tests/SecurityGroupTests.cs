using Fabric.Policy.Evaluating;
using Fabric.Policy.Model;
using Fabric.Policy.Validating;
using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Policy.Tests;

public class SecurityGroupTests
{
    private static readonly LabelSelector Everybody = new();

    private static SecurityRule Rule(SecurityAction action, int? priority = null, params SecurityPeer[] peers) =>
        new() { Action = action, Priority = priority, Peers = [.. peers] };

    private static SecurityGroup Object(SecurityGroupSpec spec) => new() { Metadata = new() { Namespace = "x", Name = "g" }, Spec = spec };

    [Fact]
    public void A_group_denies_what_comes_in_unless_it_says_otherwise_and_leaves_what_goes_out_alone()
    {
        var group = World.Group("x", new() { Selector = Everybody });
        Assert.Equal("", World.Reaching("x/a", 80, group));
        Assert.True(World.Passes(World.Connect("x/a", "y/a"), group));
        Assert.NotEqual("", World.Reaching("x/a", 80, World.Group("x", new() { Selector = Everybody, IngressDefault = SecurityDefault.Pass })));
    }

    [Fact]
    public void Without_a_selector_it_is_for_those_alone_that_name_it()
    {
        var group = World.Group("x", new());
        Assert.NotEqual("", World.Reaching("x/a", 80, group));
        Assert.True(group.Selects(World.Pod("x/a") with { SecurityGroups = ["g"] }));
        Assert.False(group.Selects(World.Pod("y/a") with { SecurityGroups = ["g"] }));
        Assert.True(World.Group("x", new() { Selector = World.Labels("pod", "b") }).Selects(World.Pod("x/a") with { SecurityGroups = ["g"] }));
    }

    [Fact]
    public void Peers_are_told_by_addresses_groups_namespaces_and_labels()
    {
        var members = World.Group("y", new() { Selector = World.Labels("pod", "c") }, "members");
        Assert.Equal("y/c", World.Reaching("x/a", 80, members, Open(new SecurityPeer() { Group = new() { Name = "members", Namespace = "y" } })));
        Assert.Equal("", World.Reaching("x/a", 80, members, Open(new SecurityPeer() { Group = new() { Name = "members" } })));
        Assert.Equal("z/a z/b z/c", World.Reaching("x/a", 80, Open(new SecurityPeer() { NamespaceSelector = World.Labels("ns", "z") })));
        Assert.Equal("x/b", World.Reaching("x/a", 80, Open(new SecurityPeer() { PodSelector = World.Labels("pod", "b") })));
        Assert.Equal("y/b", World.Reaching("x/a", 80, Open(new SecurityPeer() { NamespaceSelector = World.Labels("ns", "y"), PodSelector = World.Labels("pod", "b") })));
        Assert.Equal("outside", World.Reaching("x/a", 80, Open(new SecurityPeer() { Cidr = IpPrefix.Parse("192.0.2.0/24") })));
        Assert.Equal("x/b y/a", World.Reaching("x/a", 80, Open(
            new() { Cidr = IpPrefix.Parse("10.0.2.0/24"), Except = [IpPrefix.Parse("10.0.2.2/31")] }, new() { PodSelector = World.Labels("pod", "b") })));

        static CompiledPolicy Open(params SecurityPeer[] peers) =>
            World.Group("x", new() { Selector = World.Labels("pod", "a"), Ingress = [Rule(SecurityAction.Allow, null, peers)] });
    }

    [Fact]
    public void The_lower_priority_goes_first_and_at_the_same_one_a_denial()
    {
        SecurityPeer b = new() { PodSelector = World.Labels("pod", "b") };
        Assert.Equal("x/b", World.Reaching("x/a", 80, Both(Rule(SecurityAction.Allow, 10, b), Rule(SecurityAction.Deny, 11))));
        Assert.Equal("", World.Reaching("x/a", 80, Both(Rule(SecurityAction.Allow, 11, b), Rule(SecurityAction.Deny, 10))));
        Assert.Equal("", World.Reaching("x/a", 80, Both(Rule(SecurityAction.Allow, 10, b), Rule(SecurityAction.Deny, 10))));
        Assert.Equal("", World.Reaching("x/a", 80, Both(Rule(SecurityAction.Allow, null, b), Rule(SecurityAction.Reject, 500))));

        static CompiledPolicy Both(SecurityRule first, SecurityRule second) => World.Group("x", new() { Selector = Everybody, Ingress = [first, second] });
    }

    [Fact]
    public void Tiers_go_before_priorities_and_NetworkPolicies_are_in_the_middle()
    {
        var allowing = World.NetworkPolicy("x", new() { Ingress = [new()] });
        var denying = World.NetworkPolicy("x", new());
        Assert.Equal("", World.Reaching("x/a", 80, allowing, Tier(SecurityTier.Admin, SecurityAction.Deny, 999)));
        Assert.NotEqual("", World.Reaching("x/a", 80, denying, Tier(SecurityTier.Admin, SecurityAction.Allow, 999)));
        Assert.NotEqual("", World.Reaching("x/a", 80, allowing, Tier(SecurityTier.Baseline, SecurityAction.Deny, 0)));
        Assert.Equal("", World.Reaching("x/a", 80, denying, Tier(SecurityTier.Baseline, SecurityAction.Allow, 0)));
        Assert.Equal("", World.Reaching("x/a", 80, allowing, Tier(SecurityTier.Application, SecurityAction.Deny, 499)));
        Assert.NotEqual("", World.Reaching("x/a", 80, allowing, Tier(SecurityTier.Application, SecurityAction.Deny, 501)));

        static CompiledPolicy Tier(SecurityTier tier, SecurityAction action, int priority) =>
            World.Group("x", new() { Selector = Everybody, Tier = tier, IngressDefault = SecurityDefault.Pass, Ingress = [Rule(action, priority)] });
    }

    [Fact]
    public void Ranks_of_all_rules_are_told_apart_and_fit_OVNs_priorities()
    {
        var ranks = (from tier in Enum.GetValues<SecurityTier>()
                     from priority in Enumerable.Range(0, 1000)
                     from action in Enum.GetValues<SecurityAction>()
                     orderby tier, priority, action == SecurityAction.Allow, action
                     select RuleOrder.Of(tier, priority, action)).ToList();
        Assert.Equal(ranks.OrderDescending(), ranks);
        Assert.Equal(ranks.Count, ranks.Distinct().Count());
        Assert.True(ranks[0] < RuleOrder.Essential && RuleOrder.Guard < 32767);
        // Above the isolation of private subnets and what is only tracked.
        Assert.True(ranks[^1] > RuleOrder.DefaultOf(SecurityTier.Baseline) && RuleOrder.DefaultOf(SecurityTier.Baseline) > RuleOrder.Tracked);
    }

    [Fact]
    public void ICMP_is_told_by_family_type_and_code()
    {
        var group = World.Group("x", new()
        {
            Selector = Everybody,
            Ingress =
            [
                new() { Protocol = SecurityProtocol.ICMP, IcmpType = 8, IcmpCode = 0 },
                new() { Protocol = SecurityProtocol.ICMPv6, IcmpType = 128 },
            ],
        });
        Assert.True(Ping(0, 8, 0));
        Assert.False(Ping(0, 8, 1));
        Assert.False(Ping(0, 13, 0));
        Assert.True(Ping(1, 128, 0));
        Assert.False(Ping(1, 129, 0));

        bool Ping(int family, int type, int code) => World.Passes(
            new(new(World.Pod("y/a").Addresses[family], World.Pod("y/a")), new(World.Pod("x/a").Addresses[family], World.Pod("x/a")), family == 0 ? SecurityProtocol.ICMP : SecurityProtocol.ICMPv6)
            {
                IcmpType = type,
                IcmpCode = code,
            },
            group);
    }

    [Fact]
    public void The_rule_that_decided_is_told_by_its_object_and_place()
    {
        var verdict = new PolicyEvaluator([World.Group("x", new() { Selector = Everybody, Ingress = [Rule(SecurityAction.Allow), Rule(SecurityAction.Reject, 3)] })])
            .Evaluate(World.Connect("y/a", "x/a"));
        Assert.Null(verdict.Egress);
        Assert.Equal("SecurityGroup x/g ingress[1]", verdict.DeniedBy!.ToString());
    }

    [Fact]
    public void What_cannot_be_meant_is_said_with_its_field_and_remedy()
    {
        var refusals = SecurityGroupRules.Validate(Object(new()
        {
            Ingress =
            [
                new() { Protocol = SecurityProtocol.TCP, Ports = [new() { Port = 90, EndPort = 80 }] },
                new() { Ports = [new() { Port = 80 }] },
                new() { IcmpType = 8 },
                new() { Protocol = SecurityProtocol.ICMP, IcmpCode = 1 },
                new() { Protocol = SecurityProtocol.ICMP, Family = SecurityFamily.IPv6 },
                new() { Peers = [new()] },
                new() { Peers = [new() { Cidr = IpPrefix.Parse("10.0.0.0/8"), PodSelector = new() }] },
                new() { Peers = [new() { Cidr = IpPrefix.Parse("10.0.0.0/8"), Except = [IpPrefix.Parse("11.0.0.0/8")] }] },
                new() { Peers = [new() { Cidr = IpPrefix.Parse("fd00::/8") }], Family = SecurityFamily.IPv4 },
                new() { Peers = [new() { PodSelector = new() { MatchExpressions = [new() { Key = "k", Operator = LabelOperator.In }] } }] },
            ],
            Egress = [new() { Action = SecurityAction.Deny, Stateless = true }],
        }));
        Assert.Equal(
            [
                "spec.ingress[0].ports[0].endPort: 80 is less than port, which is 90: write the lower one in port.",
                "spec.ingress[1].ports: only TCP, UDP and SCTP have ports: say protocol, or leave the ports out.",
                "spec.ingress[2].icmpType: only ICMP and ICMPv6 have types: say protocol, or leave it out.",
                "spec.ingress[3].icmpCode: a code means nothing without its type: say icmpType.",
                "spec.ingress[4].family: ICMP is not of IPv6: leave it out.",
                "spec.ingress[5].peers[0]: it names nobody: say cidr, group, namespaceSelector or podSelector, or leave peers out for everybody.",
                "spec.ingress[6].peers[0]: it says more than one of cidr, group and selectors: make a peer of each.",
                "spec.ingress[7].peers[0].except[0]: 11.0.0.0/8 is not within 10.0.0.0/8.",
                "spec.ingress[8].peers[0].cidr: fd00::/8 is not of the rule's family, IPv4.",
                "spec.ingress[9].peers[0].podSelector.matchExpressions[0].values: In needs values.",
                "spec.egress[0].stateless: a rule that says Deny tracks nothing: leave it out.",
            ],
            refusals.Select(refusal => refusal.ToString()));
    }

    [Fact]
    public void Ten_thousand_rules_are_too_many() => Assert.Equal(
        "spec.egress: 10000 rules are more than 1000: say several addresses, ports and peers in one rule, or make several objects.",
        SecurityGroupRules.Validate(Object(new() { Egress = [.. Enumerable.Repeat(new SecurityRule(), 10_000)] })).Single().ToString());

    [Fact]
    public void Exceptions_count_by_what_is_left_of_the_block() => Assert.StartsWith(
        "spec.ingress: the rules compare with up to 24001 blocks of addresses, peers and ports",
        SecurityGroupRules.Validate(Object(new()
        {
            Ingress = [new() { Peers = [new() { Cidr = IpPrefix.Parse("10.0.0.0/8"), Except = [.. Enumerable.Range(0, 1000).Select(i => IpPrefix.Parse($"10.1.{i / 256}.{i % 256}/32"))] }] }],
        })).Single().ToString(),
        StringComparison.Ordinal);

    [Fact]
    public void Of_too_many_rules_all_denials_are_in_force_and_as_many_allowances_as_there_is_room_for()
    {
        SecurityPeer b = new() { PodSelector = World.Labels("pod", "b") }, c = new() { PodSelector = World.Labels("pod", "c") };
        SecurityRule other = new() { Protocol = SecurityProtocol.SCTP, Peers = [b] };
        var group = World.Group("x", new()
        {
            Selector = Everybody, Ingress = [Rule(SecurityAction.Allow), .. Enumerable.Repeat(other, 10_000), Rule(SecurityAction.Allow, 1, c), Rule(SecurityAction.Deny, 2, b, c)],
        });
        Assert.Equal("y/a y/b y/c z/a z/b z/c outside", World.Reaching("x/a", 80, group));
        Assert.Equal(1000 + 2, group.Rules.Count);
        Assert.Contains(group.Rules, rule => rule.Part == "ingress[10002]");
    }

    [Fact]
    public void Of_too_many_denials_those_that_are_left_deny_everything()
    {
        SecurityRule other = new() { Action = SecurityAction.Deny, Protocol = SecurityProtocol.SCTP, Priority = 3 };
        SecurityPeer b = new() { PodSelector = World.Labels("pod", "b") };
        var group = World.Group("x", new()
        {
            Selector = Everybody, IngressDefault = SecurityDefault.Pass, Ingress = [.. Enumerable.Repeat(other, 1000), Rule(SecurityAction.Deny, 2, b), Rule(SecurityAction.Allow, 1)],
        });
        Assert.Equal("", World.Reaching("x/a", 80, group));
        Assert.Equal(1001 + 2, group.Rules.Count);
    }

    [Fact]
    public void A_rule_with_both_ends_empty_is_told_of() => Assert.Equal(
        ["spec.ingress[1]: it names neither peers nor a protocol: it says Allow for everything and everybody"],
        SecurityGroupRules.Warn(Object(new() { Ingress = [new() { Protocol = SecurityProtocol.TCP }, new()] })));

    [Fact]
    public void Of_what_cannot_be_meant_an_allowance_opens_nothing_a_denial_denies_and_the_rest_stays_in_force()
    {
        SecurityRule wrong = new() { Ports = [new() { Port = 80 }] };
        SecurityRule right = Rule(SecurityAction.Allow, 400, new SecurityPeer { PodSelector = World.Labels("pod", "b") });
        Assert.Equal("x/b", World.Reaching("x/a", 80, World.Group("x", new() { Selector = Everybody, Ingress = [wrong, right] })));
        Assert.Equal("x/b", World.Reaching("x/a", 80, World.Group("x", new()
        {
            Selector = Everybody, IngressDefault = SecurityDefault.Pass, Ingress = [wrong with { Action = SecurityAction.Deny }, right],
        })));
    }
}
