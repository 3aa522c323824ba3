using Fabric.Grains.Nics;
using Fabric.Grains.QosPolicies;
using Fabric.Grains.Tests.Testing;
using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Grains.Tests.QosPolicies;

public sealed class QosPolicyTests : IAsyncDisposable
{
    private readonly World _world = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static QosPolicy Policy(string average = "100M", string? peak = null, string? burst = null) => new()
    {
        Metadata = new ObjectMeta { Name = "gold" },
        Spec = new QosPolicySpec
        {
            Egress = new QosLimit { Average = BitRate.Parse(average), Peak = peak is null ? null : BitRate.Parse(peak), Burst = burst is null ? null : ByteSize.Parse(burst) },
        },
    };

    [Fact]
    public async Task A_nic_is_bound_to_its_own_policy_or_its_subnets_and_says_when_that_is_not_there()
    {
        await _world.WithVpcAsync();
        await _world.AddSubnetAsync("blue", "10.0.0.0/24", spec => spec with { QosPolicy = "gold" });
        var nic = await _world.AddNicAsync("one", "blue");
        Assert.Equal("gold", nic.Status!.QosPolicy);
        Assert.Equal("QosPolicyNotFound", nic.Status.Conditions.Find(NicConditions.QosBound)!.Reason);
        Assert.True(nic.Ready().IsTrue);

        _world.Store.Put(ResourceTypes.QosPolicies, Policy());
        Assert.True((await _world.ReconcileNicAsync("one")).Status!.Conditions.Find(NicConditions.QosBound)!.IsTrue);
        Assert.Equal("silver", (await _world.ChangeNicAsync("one", spec => spec with { QosPolicy = "silver" })).Status!.QosPolicy);
    }

    [Fact]
    public async Task One_in_use_waits_and_says_for_whom()
    {
        var policy = _world.Store.Put(ResourceTypes.QosPolicies, Policy());
        var grain = _world.Runtime.GetGrain<IQosPolicyGrain>(new ObjectKey("gold"));
        await grain.ReconcileAsync(3, ["blue"], Token);
        Assert.Equal((3L, "blue"), (Read().Status!.Nics, Read().Status!.Subnets[0]));
        await _world.Store.DeleteAsync(ResourceTypes.QosPolicies, new ObjectKey("gold"), policy.Metadata.Uid!, Token);
        await grain.ReconcileAsync(3, ["blue"], Token);
        Assert.Equal("InUse", Read().Status!.Conditions.Find(Condition.Ready)!.Reason);
        Assert.Contains("3 Nics and the Subnets blue", Read().Status!.Conditions.Find(Condition.Ready)!.Message, StringComparison.Ordinal);
        await grain.ReconcileAsync(0, [], Token);
        Assert.Empty(_world.Store.List(ResourceTypes.QosPolicies));

        QosPolicy Read() => _world.Store.Get(ResourceTypes.QosPolicies, new ObjectKey("gold"));
    }

    [Theory]
    [InlineData(0, true, "SelectsNothing")]
    [InlineData(1, true, "Valid")]
    [InlineData(0, false, "Valid")]
    public async Task One_that_selects_nothing_says_so(int nics, bool selects, string reason)
    {
        _world.Store.Put(ResourceTypes.QosPolicies, Policy() with { Spec = Policy().Spec with { Namespaces = selects ? ["shop"] : [] } });
        await _world.Runtime.GetGrain<IQosPolicyGrain>(new ObjectKey("gold")).ReconcileAsync(nics, [], Token);
        Assert.Equal(reason, _world.Store.Get(ResourceTypes.QosPolicies, new ObjectKey("gold")).Status!.Conditions.Find(Condition.Ready)!.Reason);
    }

    [Theory]
    [InlineData("100M", "200M", "256Ki", null)]
    [InlineData("999", null, null, "spec.egress.average")]
    [InlineData("100M", "99M", null, "spec.egress.peak")]
    [InlineData("100M", null, "1499", "spec.egress.burst")]
    [InlineData("100M", "200M", "4Gi", "spec.egress.burst")]
    [InlineData("1001G", null, null, "spec.egress.average")]
    [InlineData("100M", "1001G", null, "spec.egress.peak")]
    public void Limits_that_cannot_be_are_refused(string average, string? peak, string? burst, string? field) =>
        Assert.Equal(field, QosPolicyRules.Validate(Policy(average, peak, burst)).SingleOrDefault()?.Field);

    [Fact]
    public void What_comes_to_nothing_is_said_and_an_empty_selector_is_refused()
    {
        Assert.Equal(["spec.egress.burst: it says nothing without a peak above the average: give spec.egress.peak, or leave it out"], QosPolicyRules.Warnings(Policy("100M", "100M", "256Ki")));
        Assert.Empty(QosPolicyRules.Warnings(Policy("100M", "200M", "256Ki")));
        Assert.Equal("spec.selector", QosPolicyRules.Validate(Policy() with { Spec = Policy().Spec with { Selector = new LabelSelector() } }).Single().Field);
    }

    [Fact]
    public async Task What_a_nic_is_held_to_and_why_is_in_its_status_and_follows_the_policy()
    {
        await _world.WithVpcAsync();
        await _world.AddSubnetAsync("blue", "10.0.0.0/24", spec => spec with { QosPolicy = "gold" });
        _world.Store.Put(ResourceTypes.QosPolicies, Policy("10M", "20M", "64Ki") with { Spec = Policy("10M", "20M", "64Ki").Spec with { Dscp = 46 } });

        var nic = await _world.AddNicAsync("one", "blue");

        Assert.Equal((null, "10M", "20M", "64Ki", 46), (nic.Status!.Qos!.Ingress, nic.Status.Qos.Egress!.Average.ToString(), nic.Status.Qos.Egress.Peak.ToString(), nic.Status.Qos.Egress.Burst.ToString(), nic.Status.Qos.Dscp));
        Assert.Equal(["egress=QosPolicy gold of Subnet blue", "dscp=QosPolicy gold of Subnet blue"], nic.Status.Qos.Sources.Select(source => $"{source.Field}={source.Source}"));
        await _world.Store.UpdateAsync(ResourceTypes.QosPolicies, _world.Store.Get(ResourceTypes.QosPolicies, new ObjectKey("gold")) with { Spec = new QosPolicySpec { Priority = 1 } }, Token);
        Assert.Equal((1, "priority=QosPolicy gold of Subnet blue"), (await _world.ReconcileNicAsync("one")).Status!.Qos is { } left ? (left.Priority, string.Join(',', left.Sources.Select(source => $"{source.Field}={source.Source}"))) : default);
    }

    /// <summary>Every combination of who says something: the most specific counts, in each direction.</summary>
    [Theory]
    [InlineData(true, true, true, "spec.egress", "QosPolicy named named by the Nic")]
    [InlineData(false, true, true, "QosPolicy named named by the Nic", "QosPolicy named named by the Nic")]
    [InlineData(false, false, true, "QosPolicy a by its selector", "QosPolicy a by its selector")]
    [InlineData(true, false, false, "spec.egress", "QosPolicy subnets of Subnet blue")]
    [InlineData(false, false, false, "QosPolicy subnets of Subnet blue", "QosPolicy subnets of Subnet blue")]
    public void The_most_specific_counts(bool own, bool named, bool selected, string egress, string ingress)
    {
        var limit = new QosLimit { Average = BitRate.Parse("1M") };
        var nic = new Nic
        {
            Metadata = new ObjectMeta { Name = "n", Namespace = "shop", Labels = [KeyValuePair.Create("app", selected ? "web" : "db")] },
            Spec = new NicSpec
            {
                Subnet = "blue", Interface = "eth0", Owner = new NicOwner { Kind = NicOwnerKind.Pod, Name = "p", Uid = "u" }, Egress = own ? limit : null, QosPolicy = named ? "named" : null,
            },
        };
        var subnet = new Subnet { Metadata = new ObjectMeta { Name = "blue" }, Spec = new SubnetSpec { QosPolicy = "subnets" } };
        var selecting = new QosPolicySpec { Ingress = limit, Egress = limit, Namespaces = ["shop"], Selector = new LabelSelector { MatchLabels = [KeyValuePair.Create("app", "web")] } };
        QosPolicy[] policies =
        [
            Named("subnets", new QosPolicySpec { Ingress = limit, Egress = limit }), Named("named", new QosPolicySpec { Ingress = limit, Egress = limit }),
            Named("b", selecting), Named("a", selecting), Named("0", selecting with { Namespaces = ["other"] }),
        ];

        var decision = QosDecision.For(nic, subnet, new Mtu(1442), policies);

        Assert.Equal([$"ingress={ingress}", $"egress={egress}"], decision.Limits!.Sources.Select(source => $"{source.Field}={source.Source}"));
        Assert.True(decision.Bound!.IsTrue);

        static QosPolicy Named(string name, QosPolicySpec spec) => new() { Metadata = new ObjectMeta { Name = name }, Spec = spec };
    }

    /// <summary>It runs with what it had when it was granted, which is not to keep it from being limited.</summary>
    [Fact]
    public async Task What_a_nic_is_held_to_follows_the_policy_while_a_later_wish_is_refused()
    {
        await _world.WithVpcAsync();
        await _world.AddSubnetAsync("blue", "10.0.0.0/24", spec => spec with { QosPolicy = "gold" });
        _world.Store.Put(ResourceTypes.QosPolicies, Policy("10M"));
        await _world.AddNicAsync("one", "blue", "10.0.0.9");
        await _world.AddNicAsync("two", "blue");
        Assert.Equal("AddressTaken", (await _world.ChangeNicAsync("two", spec => spec with { Addresses = [IpAddress.Parse("10.0.0.9")] })).Ready().Reason);

        await SetAsync("20M");
        Assert.Equal(("20M", "AddressTaken"), await HeldToAsync());

        // Its own limit is refused, and so is none in the place of what counted.
        await _world.ChangeNicAsync("two", spec => spec with { Egress = new QosLimit { Average = BitRate.Parse("1") } });
        Assert.Equal(("20M", "QosLimitUnusable"), await HeldToAsync());
        await _world.ChangeNicAsync("two", spec => spec with { Egress = new QosLimit { Average = BitRate.Parse("5M") } });
        Assert.Equal(("5M", "AddressTaken"), await HeldToAsync());

        Task SetAsync(string average) => _world.Store.UpdateAsync(ResourceTypes.QosPolicies, _world.Store.Get(ResourceTypes.QosPolicies, new ObjectKey("gold")) with { Spec = Policy(average).Spec }, Token);

        async Task<(string, string?)> HeldToAsync() => await _world.ReconcileNicAsync("two") is var nic ? (nic.Status!.Qos!.Egress!.Average.ToString(), nic.Ready().Reason) : default;
    }

    [Theory]
    [InlineData(1442, "4000", "Bound", "QosPolicy gold is the one that counts.")]
    [InlineData(8900, "4000", "BurstBelowFrame", "QosPolicy gold is the one that counts. egress: a burst of 4000 bytes is less than a frame of 8918: it is taken for one.")]
    [InlineData(8900, "8918", "Bound", "QosPolicy gold is the one that counts.")]
    [InlineData(null, "1500", "Bound", "QosPolicy gold is the one that counts.")]
    public async Task A_burst_that_is_less_than_a_frame_of_the_subnet_is_said(int? mtu, string burst, string reason, string message)
    {
        await _world.WithVpcAsync();
        await _world.AddSubnetAsync("blue", "10.0.0.0/24", spec => spec with { QosPolicy = "gold", Mtu = mtu });
        _world.Store.Put(ResourceTypes.QosPolicies, Policy("10M", "20M", burst));

        var bound = (await _world.AddNicAsync("one", "blue")).Status!.Conditions.Find(NicConditions.QosBound)!;

        Assert.Equal((true, reason, message), (bound.IsTrue, bound.Reason, bound.Message));
    }

    [Fact]
    public void Bursts_without_a_policy_or_of_the_sum_are_said_as_well_and_those_that_count_for_nothing_are_not()
    {
        var limit = new QosLimit { Average = BitRate.Parse("10M"), Peak = BitRate.Parse("20M"), Burst = ByteSize.Parse("2k") };
        var nic = World.NewNic("one", "blue");
        var subnet = new Subnet { Metadata = new ObjectMeta { Name = "blue" }, Spec = new SubnetSpec() };
        var policy = new QosPolicy { Metadata = new ObjectMeta { Name = "gold" }, Spec = new QosPolicySpec { Ingress = limit } };

        Assert.Equal("ingress: a burst of 2000 bytes is less than a frame of 8918: it is taken for one.", Said(nic with { Spec = nic.Spec with { Ingress = limit } }, subnet));
        Assert.EndsWith("node. ingress of the sum: a burst of 2000 bytes is less than a frame of 8918: it is taken for one.", Said(nic, subnet with { Spec = new SubnetSpec { SumQosPolicy = "gold" } }), StringComparison.Ordinal);
        Assert.Null(Said(nic with { Spec = nic.Spec with { Ingress = limit with { Peak = null } } }, subnet));

        string? Said(Nic nic, Subnet subnet) => QosDecision.For(nic, subnet, new Mtu(8900), [policy]).Bound?.Message;
    }

    [Fact]
    public async Task The_policy_of_a_subnets_sum_is_beside_a_nics_own_and_says_when_it_does_not_hold()
    {
        await _world.WithVpcAsync();
        await _world.AddSubnetAsync("blue", "10.0.0.0/24", spec => spec with { SumQosPolicy = "gold" });
        var nic = await _world.AddNicAsync("one", "blue");
        Assert.Equal((null, null), (nic.Status!.Qos, nic.Status.QosPolicy));
        Assert.Equal("QosPolicyNotFound", Bound(nic).Reason);
        Assert.Contains("The sum of the Subnet's Nics is not limited: QosPolicy gold does not exist", Bound(nic).Message, StringComparison.Ordinal);

        _world.Store.Put(ResourceTypes.QosPolicies, Policy("10M") with { Spec = Policy("10M").Spec with { Dscp = 46 } });
        nic = await _world.ReconcileNicAsync("one");
        Assert.Equal(("blue", null, "10M"), (nic.Status!.Qos!.Sum!.Subnet, nic.Status.Qos.Sum.Ingress, nic.Status.Qos.Sum.Egress!.Average.ToString()));
        Assert.Equal((null, null), (nic.Status.Qos.Egress, nic.Status.Qos.Dscp));
        Assert.Equal(["sum=QosPolicy gold, of the sum of Subnet blue on the node"], nic.Status.Qos.Sources.Select(source => $"{source.Field}={source.Source}"));
        Assert.True(Bound(nic).IsTrue);

        await _world.Store.UpdateAsync(ResourceTypes.QosPolicies, _world.Store.Get(ResourceTypes.QosPolicies, new ObjectKey("gold")) with { Spec = new QosPolicySpec { Dscp = 1 } }, Token);
        nic = await _world.ReconcileNicAsync("one");
        Assert.Equal((null, "SumUnlimited"), (nic.Status!.Qos, Bound(nic).Reason));

        static Condition Bound(Nic nic) => nic.Status!.Conditions.Find(NicConditions.QosBound)!;
    }

    [Fact]
    public void A_policy_that_says_nothing_is_refused() =>
        Assert.Equal("QosPolicyEmpty", QosPolicyRules.Validate(Policy() with { Spec = new QosPolicySpec() }).Single().Reason);

    public ValueTask DisposeAsync() => _world.DisposeAsync();
}
