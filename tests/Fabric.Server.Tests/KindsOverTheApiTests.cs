using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fabric.Kube;
using Fabric.Kube.Transport;
using Fabric.Primitives;
using Fabric.Resources;
using Fabric.Resources.Core;

namespace Fabric.Server.Tests;

/// <summary>The kinds of an API user, through the real API, control plane and OVN database.</summary>
[Trait("kind", "ovs")]
public sealed class KindsOverTheApiTests : IAsyncLifetime
{
    private ControlPlane _plane = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _plane = await ControlPlane.StartAsync();

    public ValueTask DisposeAsync() => _plane.DisposeAsync();

    private KubeResource<T> Of<T>(ResourceType<T> type)
        where T : class, IKubeObject => _plane.Client.Resource(type);

    [Fact]
    public async Task A_static_ip_keeps_addresses_for_a_pod_to_come_and_its_status_follows()
    {
        await AddShopAsync();
        var kept = await Of(ResourceTypes.StaticIPs).CreateAsync(
            new StaticIP
            {
                Metadata = new ObjectMeta { Name = "till", Namespace = "default" },
                Spec = new StaticIPSpec
                {
                    Subnet = "shop",
                    Addresses = [IpAddress.Parse("10.70.1.100"), IpAddress.Parse("fd70:1::100")],
                    MacAddress = MacAddress.Parse("02:00:00:70:01:00"),
                    Target = new StaticIPTarget { Kind = NicOwnerKind.Pod, Name = "till" },
                },
            },
            Token);
        await ReadyAsync(ResourceTypes.StaticIPs, ResourceTypes.StaticIPs.KeyOf(kept), value => value.Status?.Conditions);

        await AddPodAsync("till", []);
        var nic = await _plane.ReadyNicAsync("default", "pod.till.eth0");
        Assert.Equal(["10.70.1.100/24", "fd70:1::100/64"], nic.Status!.Addresses.Select(address => address.ToString()));
        Assert.Equal("02:00:00:70:01:00", nic.Status.MacAddress.ToString());
        Assert.Contains(nic.Status.Sources, source => source is { Field: "addresses", Source: "StaticIP till" });
        await _plane.HoldsAsync(async () =>
            (await Of(ResourceTypes.StaticIPs).GetAsync(new ObjectKey("default", "till"), Token))!.Status!.Reserved.All(each => each.Nic == "pod.till.eth0"));

        await Of(ResourceTypes.Pods).DeleteAsync(new ObjectKey("default", "till"), new DeleteOptions { GracePeriodSeconds = 0 }, Token);
        await _plane.HoldsAsync(async () =>
            (await Of(ResourceTypes.StaticIPs).GetAsync(new ObjectKey("default", "till"), Token))!.Status!.Reserved.All(each => each.Nic is null)
            && (await Of(ResourceTypes.IPClaims).ListAsync(ListOptions.All, Token)).Items.Count == 2);

        await Of(ResourceTypes.StaticIPs).DeleteAsync(new ObjectKey("default", "till"), null, Token);
        await _plane.HoldsAsync(async () =>
            (await Of(ResourceTypes.IPClaims).ListAsync(ListOptions.All, Token)).Items.Count == 0
            && (await Of(ResourceTypes.MacClaims).ListAsync(ListOptions.All, Token)).Items.Count == 0);
    }

    [Fact]
    public async Task A_conflict_ends_by_itself_when_the_other_goes()
    {
        await AddShopAsync();
        await AddPodAsync("squatter", [KeyValuePair.Create("fabric.vmnet.io/addresses", "10.70.1.100")]);
        await _plane.ReadyNicAsync("default", "pod.squatter.eth0");
        await Of(ResourceTypes.StaticIPs).CreateAsync(
            new StaticIP
            {
                Metadata = new ObjectMeta { Name = "till", Namespace = "default" },
                Spec = new StaticIPSpec { Subnet = "shop", Addresses = [IpAddress.Parse("10.70.1.100")], Target = new StaticIPTarget { Kind = NicOwnerKind.Pod, Name = "till" } },
            },
            Token);
        await _plane.HoldsAsync(async () =>
            (await Of(ResourceTypes.StaticIPs).GetAsync(new ObjectKey("default", "till"), Token))?.Status?.Conditions.Find(Condition.Ready)?.Message?.Contains(
                "Nic default/pod.squatter.eth0", StringComparison.Ordinal) == true);
        await AddPodAsync("till", []);
        await Of(ResourceTypes.Pods).DeleteAsync(new ObjectKey("default", "squatter"), new DeleteOptions { GracePeriodSeconds = 0 }, Token);
        Assert.Equal("10.70.1.100/24", (await _plane.ReadyNicAsync("default", "pod.till.eth0")).Status!.Addresses[0].ToString());
    }

    [Fact]
    public async Task A_pool_and_a_policy_count_what_they_are_for()
    {
        await AddShopAsync(spec => spec with { QosPolicy = "standard" });
        await Of(ResourceTypes.QosPolicies).CreateAsync(
            new QosPolicy { Metadata = new ObjectMeta { Name = "standard" }, Spec = new QosPolicySpec { Egress = new QosLimit { Average = BitRate.Parse("100M"), Burst = ByteSize.Parse("256Ki") } } },
            Token);
        await Of(ResourceTypes.IPPools).CreateAsync(
            new IPPool { Metadata = new ObjectMeta { Name = "edge" }, Spec = new IPPoolSpec { Subnet = "shop", Ranges = [IpRange.Parse("10.70.1.200-10.70.1.219")], Namespaces = ["default"] } },
            Token);
        await ReadyAsync(ResourceTypes.IPPools, new ObjectKey("edge"), value => value.Status?.Conditions);
        await AddPodAsync("one", []);
        var nic = await _plane.ReadyNicAsync("default", "pod.one.eth0");
        Assert.Equal("10.70.1.200/24", nic.Status!.Addresses[0].ToString());
        Assert.Equal("standard", nic.Status.QosPolicy);
        await _plane.HoldsAsync(async () =>
            (await Of(ResourceTypes.IPPools).GetAsync(new ObjectKey("edge"), Token))!.Status is { Used: 1, Free: 19 } status
            && status.FreeRanges.SequenceEqual([IpRange.Parse("10.70.1.201-10.70.1.219")]));
        await _plane.HoldsAsync(async () => (await Of(ResourceTypes.QosPolicies).GetAsync(new ObjectKey("standard"), Token))!.Status is { Nics: 1 } status && status.Subnets.Contains("shop"));
        await _plane.HoldsAsync(async () => (await _plane.ReadyNicAsync("default", "pod.one.eth0")).Status!.Conditions.Find("QosBound")!.IsTrue);
    }

    /// <summary>As people use it: nobody but the control plane touches the Nic, which runs all the time.</summary>
    [Fact]
    public async Task What_a_Nic_is_held_to_follows_policies_that_come_change_and_go()
    {
        await AddShopAsync();
        await AddPodAsync("one", [KeyValuePair.Create("kubernetes.io/ingress-bandwidth", "10M")]);
        await HeldToAsync("ingress 10M by kubernetes.io/ingress-bandwidth");

        var policy = await Of(ResourceTypes.QosPolicies).CreateAsync(
            new QosPolicy
            {
                Metadata = new ObjectMeta { Name = "tenants" },
                Spec = new QosPolicySpec { Namespaces = ["default"], Ingress = Limit("1G"), Egress = Limit("20M") },
            },
            Token);
        await HeldToAsync("ingress 10M by kubernetes.io/ingress-bandwidth, egress 20M by QosPolicy tenants by its selector");
        await Of(ResourceTypes.QosPolicies).MutateAsync(ResourceTypes.QosPolicies.KeyOf(policy), current => current with { Spec = current.Spec with { Egress = Limit("30M") } }, Token);
        await HeldToAsync("ingress 10M by kubernetes.io/ingress-bandwidth, egress 30M by QosPolicy tenants by its selector");
        var refused = await Assert.ThrowsAsync<KubeException>(() => Of(ResourceTypes.QosPolicies).MutateAsync(
            ResourceTypes.QosPolicies.KeyOf(policy), current => current with { Spec = current.Spec with { Egress = Limit("30M") with { Peak = BitRate.Parse("3M") } } }, Token)!);
        Assert.Contains("spec.egress.peak", refused.Message, StringComparison.Ordinal);
        Assert.Contains("3M bit/s is less than the average of 30M bit/s: give at least that", refused.Message, StringComparison.Ordinal);
        await Of(ResourceTypes.QosPolicies).MutateAsync(ResourceTypes.QosPolicies.KeyOf(policy), current => current with { Spec = current.Spec with { Namespaces = ["other"] } }, Token);
        await HeldToAsync("ingress 10M by kubernetes.io/ingress-bandwidth");
        await Of(ResourceTypes.QosPolicies).MutateAsync(ResourceTypes.QosPolicies.KeyOf(policy), current => current with { Spec = current.Spec with { Namespaces = ["default"] } }, Token);
        await HeldToAsync("ingress 10M by kubernetes.io/ingress-bandwidth, egress 30M by QosPolicy tenants by its selector");
        // Nobody names it: it lets go of those that it selects.
        await Of(ResourceTypes.QosPolicies).DeleteAsync(ResourceTypes.QosPolicies.KeyOf(policy), new DeleteOptions(), Token);
        await HeldToAsync("ingress 10M by kubernetes.io/ingress-bandwidth");
        await _plane.HoldsAsync(async () => await Of(ResourceTypes.QosPolicies).GetAsync(ResourceTypes.QosPolicies.KeyOf(policy), Token) is null);

        static QosLimit Limit(string rate) => new() { Average = BitRate.Parse(rate) };

        Task HeldToAsync(string wanted) => _plane.HoldsAsync(async () =>
        {
            var qos = (await _plane.ReadyNicAsync("default", "pod.one.eth0")).Status!.Qos!;
            return string.Join(", ", qos.Sources.Select(source => $"{source.Field} {(source.Field == "ingress" ? qos.Ingress : qos.Egress)!.Average} by {source.Source}")) == wanted;
        });
    }

    [Fact]
    public async Task The_sum_of_a_Subnets_Nics_follows_its_policy_which_stays_while_it_is_named()
    {
        var policy = await Of(ResourceTypes.QosPolicies).CreateAsync(
            new QosPolicy { Metadata = new ObjectMeta { Name = "tenant" }, Spec = new QosPolicySpec { Egress = new QosLimit { Average = BitRate.Parse("1G") } } }, Token);
        await AddShopAsync(spec => spec with { SumQosPolicy = "tenant" });
        await AddPodAsync("one", []);
        await AddPodAsync("two", []);
        await SumAsync("1G");

        await Of(ResourceTypes.QosPolicies).MutateAsync(ResourceTypes.QosPolicies.KeyOf(policy), current => current with { Spec = current.Spec with { Egress = new QosLimit { Average = BitRate.Parse("2G") } } }, Token);
        await SumAsync("2G");
        await _plane.HoldsAsync(async () => (await Of(ResourceTypes.QosPolicies).GetAsync(ResourceTypes.QosPolicies.KeyOf(policy), Token))!.Status is { Nics: 0 } status && status.Subnets.Contains("shop"));
        await Of(ResourceTypes.QosPolicies).DeleteAsync(ResourceTypes.QosPolicies.KeyOf(policy), new DeleteOptions(), Token);
        await _plane.HoldsAsync(async () => (await Of(ResourceTypes.QosPolicies).GetAsync(ResourceTypes.QosPolicies.KeyOf(policy), Token))!.Status!.Conditions.Find(Condition.Ready)!.Reason == "InUse");
        await Of(ResourceTypes.Subnets).MutateAsync(new ObjectKey("shop"), current => current with { Spec = current.Spec with { SumQosPolicy = null } }, Token);
        await SumAsync(null);
        await _plane.HoldsAsync(async () => await Of(ResourceTypes.QosPolicies).GetAsync(ResourceTypes.QosPolicies.KeyOf(policy), Token) is null);

        async Task SumAsync(string? average)
        {
            foreach (var nic in new[] { "pod.one.eth0", "pod.two.eth0" })
                await _plane.HoldsAsync(async () => (await _plane.ReadyNicAsync("default", nic)).Status!.Qos?.Sum?.Egress?.Average.ToString() == average);
        }
    }

    [Fact]
    public async Task A_range_in_use_cannot_be_taken_away_and_may_grow()
    {
        var shop = await AddShopAsync();
        await AddPodAsync("one", [KeyValuePair.Create("fabric.vmnet.io/addresses", "10.70.1.200")]);
        await _plane.ReadyNicAsync("default", "pod.one.eth0");
        var refused = await Assert.ThrowsAsync<KubeException>(() => ChangeAsync(spec => spec with { Ipv4 = spec.Ipv4! with { Cidr = IpPrefix.Parse("10.70.1.0/25") } }));
        Assert.Contains("10.70.1.200 is in use by Nic default/pod.one.eth0", refused.Message, StringComparison.Ordinal);
        refused = await Assert.ThrowsAsync<KubeException>(() => ChangeAsync(spec => spec with { Ipv6 = null }));
        Assert.Contains("is in use by Nic default/pod.one.eth0", refused.Message, StringComparison.Ordinal);
        refused = await Assert.ThrowsAsync<KubeException>(() => ChangeAsync(spec => spec with { Ipv4 = spec.Ipv4! with { Cidr = IpPrefix.Parse("10.70.0.0/23") } }));
        Assert.Contains("spec.ipv4.gateway: Invalid value: The gateway would move from 10.70.1.1", refused.Message, StringComparison.Ordinal);
        await ChangeAsync(spec => spec with { Ipv4 = spec.Ipv4! with { Cidr = IpPrefix.Parse("10.70.0.0/23"), Gateway = IpAddress.Parse("10.70.1.1") } });
        await _plane.HoldsAsync(async () => (await _plane.ReadyNicAsync("default", "pod.one.eth0")).Status!.Addresses[0].ToString() == "10.70.1.200/23");

        Task<Subnet?> ChangeAsync(Func<SubnetSpec, SubnetSpec> change) =>
            Of(ResourceTypes.Subnets).MutateAsync(ResourceTypes.Subnets.KeyOf(shop), subnet => subnet with { Spec = change(subnet.Spec) }, Token)!;
    }

    [Fact]
    public async Task A_namespace_is_told_at_once_that_a_subnet_is_not_for_it()
    {
        await AddShopAsync(spec => spec with { Namespaces = ["shop"] });
        var refused = await Assert.ThrowsAsync<KubeException>(() => Of(ResourceTypes.StaticIPs).CreateAsync(
            new StaticIP
            {
                Metadata = new ObjectMeta { Name = "till", Namespace = "default" },
                Spec = new StaticIPSpec { Subnet = "shop", Addresses = [IpAddress.Parse("10.70.1.100")], Target = new StaticIPTarget { Name = "till" } },
            },
            Token));
        Assert.Equal("NamespaceNotAllowed", Assert.Single(refused.Causes).Reason);
        Assert.Contains("Subnet shop is for the namespaces shop only, not for default", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_added_to_an_object_leaves_its_spec_to_those_who_apply_it()
    {
        var path = ResourceTypes.Subnets.ObjectPath(new ObjectKey("applied"));
        await ApplyAsync("{ipv4: {cidr: 10.71.0.0/24}}");
        await ReadyAsync(ResourceTypes.Subnets, new ObjectKey("applied"), value => value.Status?.Conditions);
        Assert.Equal(1, (await Of(ResourceTypes.Subnets).GetAsync(new ObjectKey("applied"), Token))!.Metadata.Generation);
        await ApplyAsync("{ipv4: {cidr: 10.71.0.0/24, exclude: [10.71.0.9]}, namespaces: [default], dhcp: {dnsServers: [10.71.0.53]}}");
        await _plane.HoldsAsync(async () => (await Of(ResourceTypes.Subnets).GetAsync(new ObjectKey("applied"), Token))!.Status is { ObservedGeneration: 2, Free: 252 });

        Task ApplyAsync(string spec) => _plane.Client.SendAsync(
            new KubeRequest(HttpMethod.Patch, $"{path}?fieldManager=somebody")
            {
                Body = Encoding.UTF8.GetBytes($"{{apiVersion: fabric.vmnet.io/v1alpha1, kind: Subnet, metadata: {{name: applied}}, spec: {spec}}}"),
                ContentType = "application/apply-patch+yaml",
            },
            Token);
    }

    [Fact]
    public async Task Every_sample_is_taken_and_comes_to_be()
    {
        foreach (var document in Samples.Read("kinds"))
        {
            await (document["kind"]!.GetValue<string>() switch
            {
                nameof(Namespace) => CreateAsync(ResourceTypes.Namespaces, document),
                nameof(Subnet) => CreateAsync(ResourceTypes.Subnets, document),
                nameof(StaticIP) => CreateAsync(ResourceTypes.StaticIPs, document),
                nameof(IPPool) => CreateAsync(ResourceTypes.IPPools, document),
                nameof(SecurityGroup) => CreateAsync(ResourceTypes.SecurityGroups, document),
                nameof(NetworkPolicy) => CreateAsync(ResourceTypes.NetworkPolicies, document),
                _ => CreateAsync(ResourceTypes.QosPolicies, document),
            });
        }
        await ReadyAsync(ResourceTypes.Subnets, new ObjectKey("shop"), value => value.Status?.Conditions);
        await ReadyAsync(ResourceTypes.Subnets, new ObjectKey("ledger"), value => value.Status?.Conditions);
        await ReadyAsync(ResourceTypes.StaticIPs, new ObjectKey("shop", "till"), value => value.Status?.Conditions);
        await ReadyAsync(ResourceTypes.StaticIPs, new ObjectKey("shop", "database"), value => value.Status?.Conditions);
        await ReadyAsync(ResourceTypes.IPPools, new ObjectKey("edge"), value => value.Status?.Conditions);
        await ReadyAsync(ResourceTypes.QosPolicies, new ObjectKey("standard"), value => value.Status?.Conditions);
        await ReadyAsync(ResourceTypes.SecurityGroups, new ObjectKey("shop", "db"), value => value.Status?.Conditions);
    }

    private async Task CreateAsync<T>(ResourceType<T> type, JsonObject document)
        where T : class, IKubeObject => await Of(type).CreateAsync(document.Deserialize(type.Json)!, Token);

    private Task<Subnet> AddShopAsync(Func<SubnetSpec, SubnetSpec>? change = null)
    {
        var spec = new SubnetSpec
        {
            Default = true,
            Ipv4 = new SubnetRange { Cidr = IpPrefix.Parse("10.70.1.0/24") },
            Ipv6 = new SubnetRange { Cidr = IpPrefix.Parse("fd70:1::/64") },
        };
        return Of(ResourceTypes.Subnets).CreateAsync(new Subnet { Metadata = new ObjectMeta { Name = "shop" }, Spec = change?.Invoke(spec) ?? spec }, Token);
    }

    private Task<Pod> AddPodAsync(string name, EquatableMap<string, string> annotations) => Of(ResourceTypes.Pods).CreateAsync(
        new Pod
        {
            Metadata = new ObjectMeta { Name = name, Namespace = "default", Annotations = annotations },
            Spec = new PodSpec { Containers = [new PodContainer { Name = "c", Image = "none" }] },
        },
        Token);

    private Task ReadyAsync<T>(ResourceType<T> type, ObjectKey key, Func<T, EquatableArray<Condition>?> conditions)
        where T : class, IKubeObject =>
        _plane.HoldsAsync(async () => await Of(type).GetAsync(key, Token) is { } found && conditions(found)?.Find(Condition.Ready) is { IsTrue: true });
}
