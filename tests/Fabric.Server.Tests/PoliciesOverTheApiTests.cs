using System.Text.Json;
using System.Text.Json.Nodes;
using Fabric.Kube;
using Fabric.Kube.Transport;
using Fabric.Primitives;
using Fabric.Realization;
using Fabric.Resources;
using Fabric.Resources.Core;
using Microsoft.Extensions.Logging.Abstractions;
using Ovs.Northbound;
using Ovs.Ovsdb;
using Vmnet.KubeVirt;
using Condition = Fabric.Resources.Condition;

namespace Fabric.Server.Tests;

/// <summary>SecurityGroups and NetworkPolicies through the real API, control plane and OVN database.</summary>
[Trait("kind", "ovs")]
public sealed class PoliciesOverTheApiTests : IAsyncLifetime
{
    private ControlPlane _plane = null!;
    private OvsdbClient _ovn = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _plane = await ControlPlane.StartAsync();
        _ovn = new OvsdbClient(NorthboundRealizer.Options([_plane.Ovsdb.Endpoint], NullLogger.Instance));
        await _ovn.WaitConnectedAsync(Token);
        await Of(ResourceTypes.Subnets).CreateAsync(
            new Subnet { Metadata = new() { Name = "shop" }, Spec = new() { Default = true, Ipv4 = new() { Cidr = IpPrefix.Parse("10.70.1.0/24") } } }, Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _ovn.DisposeAsync();
        await _plane.DisposeAsync();
    }

    private KubeResource<T> Of<T>(ResourceType<T> type)
        where T : class, IKubeObject => _plane.Client.Resource(type);

    private static JsonElement Nothing { get; } = JsonElement.Parse("{}");

    private static LabelSelector App(string app) => new() { MatchLabels = [KeyValuePair.Create("app", app)] };

    private Task<Pod> AddPodAsync(string name, string app, string ns = "default", string? groups = null, int? port = null) => Of(ResourceTypes.Pods).CreateAsync(
        new Pod
        {
            Metadata = new()
            {
                Name = name,
                Namespace = ns,
                Labels = [KeyValuePair.Create("app", app)],
                Annotations = groups is null ? null : [KeyValuePair.Create(FabricApi.SecurityGroupsAnnotation, groups)],
            },
            Spec = new() { Containers = [new() { Name = "c", Image = "none", Ports = port is { } number ? [new() { Name = "web", Number = number }] : null }] },
        },
        Token);

    private Task<NetworkPolicy> AddPolicyAsync(NetworkPolicySpec spec, string name = "web") =>
        Of(ResourceTypes.NetworkPolicies).CreateAsync(new() { Metadata = new() { Name = name, Namespace = "default" }, Spec = spec }, Token);

    private Task<SecurityGroup> AddGroupAsync(string name, SecurityGroupSpec spec) =>
        Of(ResourceTypes.SecurityGroups).CreateAsync(new() { Metadata = new() { Name = name, Namespace = "default" }, Spec = spec }, Token);

    private Task ConditionAsync(string group, string type, string reason) => _plane.HoldsAsync(async () =>
        (await Of(ResourceTypes.SecurityGroups).GetAsync(new ObjectKey("default", group), Token))?.Status?.Conditions.Find(type)?.Reason == reason);

    /// <summary>The ports of the groups whose names begin so.</summary>
    private string Members(string group)
    {
        var snapshot = _ovn.Snapshot;
        return string.Join(' ', snapshot.Table<PortGroup>()
            .Where(row => row.Name.StartsWith(group, StringComparison.Ordinal))
            .SelectMany(row => row.Ports.Select(port => snapshot.Table<LogicalSwitchPort>().Find(port.Uuid)!.Name.Split('.')[1])).Order(StringComparer.Ordinal));
    }

    private Task MembersAsync(string group, string members) => _plane.HoldsAsync(() => Task.FromResult(Members(group) == members));

    private string[] Rules() => [.. _ovn.Snapshot.Table<Acl>().Where(acl => acl.Name is { Length: > 0 }).Select(acl => acl.Name!).Order(StringComparer.Ordinal)];

    [Fact]
    public async Task A_NetworkPolicy_follows_pods_labels_and_namespaces_and_goes_whole()
    {
        await AddPodAsync("web", "web", port: 8080);
        await AddPodAsync("client", "client");
        await Of(ResourceTypes.Namespaces).CreateAsync(new() { Metadata = new() { Name = "other" } }, Token);
        await AddPodAsync("friend", "any", ns: "other");
        await AddPolicyAsync(new()
        {
            PodSelector = App("web"),
            Ingress =
            [
                new() { From = [new() { PodSelector = App("client") }], Ports = [new() { Port = IntOrString.Of("web") }] },
                new() { From = [new() { NamespaceSelector = new() { MatchLabels = [KeyValuePair.Create("team", "a")] } }] },
            ],
        });
        await MembersAsync("np.default.web", "web");
        // The pod that has the port, and whoever may connect to it.
        await MembersAsync("peers.", "client web");
        // The ports of a group follow the Nics, and its rules the policy, which is looked at again when a Nic has a port that it names.
        string[] rules = ["np default/web egress default", "np default/web ingress default", "np default/web ingress[0] web=TCP 8080", "np default/web ingress[1]"];
        await _plane.HoldsAsync(() => Task.FromResult(Rules().SequenceEqual(rules)));

        await Of(ResourceTypes.Namespaces).PatchAsync(new ObjectKey("other"), KubePatch.Merge((JsonObject)JsonNode.Parse("""{"metadata":{"labels":{"team":"a"}}}""")!), Token);
        await MembersAsync("peers.", "client friend web");
        await Of(ResourceTypes.Pods).PatchAsync(new ObjectKey("default", "client"), KubePatch.Merge((JsonObject)JsonNode.Parse("""{"metadata":{"labels":{"app":"none"}}}""")!), Token);
        await MembersAsync("peers.", "friend web");
        await AddPodAsync("more", "client");
        await MembersAsync("peers.", "friend more web");

        await Of(ResourceTypes.NetworkPolicies).DeleteAsync(new ObjectKey("default", "web"), null, Token);
        await _plane.HoldsAsync(() => Task.FromResult(_ovn.Snapshot.Table<PortGroup>().Count == 0 && Rules().Length == 0));
    }

    [Fact]
    public async Task Ports_of_VMs_interfaces_and_of_sidecars_have_names_as_those_of_containers()
    {
        await Of(KubeVirtTypes.VirtualMachines).CreateAsync(
            new VirtualMachine
            {
                Metadata = new() { Name = "box", Namespace = "default" },
                Spec = new() { RunStrategy = "Halted", Template = new() { Metadata = new() { Labels = [KeyValuePair.Create("app", "web")] }, Spec = Machine(8080) } },
            },
            Token);
        await Of(KubeVirtTypes.Instances).CreateAsync(
            new VirtualMachineInstance { Metadata = new() { Name = "alone", Namespace = "default", Labels = [KeyValuePair.Create("app", "web")] }, Spec = Machine(8081) }, Token);
        await Of(ResourceTypes.Pods).CreateAsync(
            new Pod
            {
                Metadata = new() { Name = "pod", Namespace = "default", Labels = [KeyValuePair.Create("app", "web")] },
                Spec = new()
                {
                    InitContainers = [Container("once", 8082, null), Container("sidecar", 8083, "Always")],
                    Containers = [new() { Name = "c", Image = "none" }],
                },
            },
            Token);
        await AddPolicyAsync(new() { PodSelector = App("web"), Ingress = [new() { Ports = [new() { Port = IntOrString.Of("web") }] }] });
        await RulesAsync(8080, 8081, 8083);
        // Each is in the group of its own number.
        await MembersAsync("peers.", "alone box pod");

        var key = new ObjectKey("default", "box");
        await Of(KubeVirtTypes.VirtualMachines).MutateAsync(key, vm => vm with { Spec = vm.Spec with { Template = vm.Spec.Template with { Spec = Machine(9090) } } }, Token);
        await RulesAsync(8081, 8083, 9090);
        await MembersAsync("peers.", "alone box pod");
        await Of(KubeVirtTypes.Instances).DeleteAsync(new ObjectKey("default", "alone"), null, Token);
        await RulesAsync(8083, 9090);

        Task RulesAsync(params int[] ports) => _plane.HoldsAsync(() => Task.FromResult(
            Rules().Where(rule => rule.Contains("[0]", StringComparison.Ordinal)).SequenceEqual(ports.Select(port => $"np default/web ingress[0] web=TCP {port}"))));

        static PodContainer Container(string name, int port, string? restart) =>
            new() { Name = name, Image = "none", RestartPolicy = restart, Ports = [new() { Name = "web", Number = port }] };

        static VirtualMachineInstanceSpec Machine(int port) => new()
        {
            Domain = new() { Devices = new() { Interfaces = [new() { Name = "default", Bridge = Nothing, Ports = [new() { Name = "web", Port = port }] }] } },
            Networks = [new() { Name = "default", Pod = Nothing }],
        };
    }

    [Fact]
    public async Task A_NetworkPolicy_that_is_for_nobody_has_an_event()
    {
        await AddPolicyAsync(new() { PodSelector = App("none") });
        await EventAsync("SelectsNothing", "web", "No VM or pod of namespace default");
    }

    [Fact]
    public async Task A_namespace_is_chosen_by_its_name()
    {
        await AddPodAsync("web", "web");
        await Of(ResourceTypes.Namespaces).CreateAsync(new() { Metadata = new() { Name = "other" } }, Token);
        await AddPodAsync("friend", "any", ns: "other");
        await AddPolicyAsync(new() { Ingress = [new() { From = [new() { NamespaceSelector = new() { MatchLabels = [KeyValuePair.Create("kubernetes.io/metadata.name", "other")] } }] }] });
        await MembersAsync("peers.", "friend");
    }

    [Fact]
    public async Task A_port_is_not_made_before_the_SecurityGroup_that_its_pod_names()
    {
        await AddPodAsync("web", "web", groups: "closed");
        await _plane.HoldsAsync(async () =>
            (await Of(ResourceTypes.Nics).GetAsync(new ObjectKey("default", "pod.web.eth0"), Token))?.Status?.Conditions.Find("SecurityGroupsBound") is { Status: "False", Reason: "SecurityGroupNotFound" });
        await AddPodAsync("free", "web");
        await _plane.HoldsAsync(async () => (await _plane.PortsAsync()).Length == 1);

        await AddGroupAsync("closed", new());
        await MembersAsync("sg.default.closed", "web");
        await ConditionAsync("closed", "Bound", "Bound");
        await _plane.HoldsAsync(async () =>
            (await Of(ResourceTypes.Nics).GetAsync(new ObjectKey("default", "pod.web.eth0"), Token))?.Status?.Conditions.Find("SecurityGroupsBound") is null);

        // Whom it protects would be open: it stays while somebody names it.
        await Of(ResourceTypes.SecurityGroups).DeleteAsync(new ObjectKey("default", "closed"), null, Token);
        await ConditionAsync("closed", Condition.Ready, "InUse");
        Assert.Equal("web", Members("sg.default.closed"));
        await Of(ResourceTypes.Pods).DeleteAsync(new ObjectKey("default", "web"), new DeleteOptions { GracePeriodSeconds = 0 }, Token);
        await _plane.HoldsAsync(async () => await Of(ResourceTypes.SecurityGroups).GetAsync(new ObjectKey("default", "closed"), Token) is null && Members("sg.") == "");
    }

    [Fact]
    public async Task An_edit_reaches_the_Nics_that_are_there_and_groups_speak_of_each_other()
    {
        await AddGroupAsync("db", new() { Selector = App("db"), Ingress = [new() { Peers = [new() { Group = new() { Name = "web" } }] }] });
        await ConditionAsync("db", "Bound", "SelectsNothing");
        await AddPodAsync("db", "db");
        await AddPodAsync("w1", "web");
        await AddGroupAsync("web", new() { Selector = App("web") });
        await MembersAsync("sg.default.db", "db");
        await MembersAsync("peers.", "w1");
        await ConditionAsync("db", "Bound", "Bound");

        var group = (await Of(ResourceTypes.SecurityGroups).GetAsync(new ObjectKey("default", "web"), Token))!;
        await Of(ResourceTypes.SecurityGroups).PatchAsync(new ObjectKey("default", "web"), KubePatch.Difference(ResourceTypes.SecurityGroups, group, group with { Spec = group.Spec with { Selector = App("none") } }), Token);
        await MembersAsync("peers.", "");
        await ConditionAsync("web", "Bound", "SelectsNothing");
    }

    [Fact]
    public async Task What_changed_while_the_control_plane_was_away_is_made_good()
    {
        await AddPodAsync("web", "web");
        await AddPolicyAsync(new() { PodSelector = App("web"), Ingress = [new() { From = [new() { PodSelector = App("web") }] }] });
        await AddPolicyAsync(new() { PodSelector = App("web") }, "deny");
        await MembersAsync("np.default.deny", "web");
        await MembersAsync("peers.", "web");
        await _plane.StopAsync();
        // Somebody empties the groups, and removes one.
        var groups = _ovn.Snapshot.Table<PortGroup>().ToArray();
        await _ovn.TransactAsync(
            [.. groups.Select(row => Row.Mutate<PortGroup>(row.Uuid, PortGroup.Columns.Ports.Delete(row.Ports))), Row.Delete<PortGroup>(groups.Single(row => row.Name.StartsWith("np.default.deny", StringComparison.Ordinal)).Uuid)], Token);
        await _plane.RunAsync();
        await MembersAsync("np.default.deny", "web");
        await MembersAsync("np.default.web", "web");
        await MembersAsync("peers.", "web");
        await Of(ResourceTypes.NetworkPolicies).DeleteAsync(new ObjectKey("default", "deny"), null, Token);
        await _plane.HoldsAsync(() => Task.FromResult(_ovn.Snapshot.Table<PortGroup>().Count == 2));
    }

    [Theory]
    [InlineData("networking.k8s.io/v1", "networkpolicies", """{"podSelector":{},"ingress":[{"ports":[{"port":90,"endPort":80}]}]}""", "spec.ingress[0].ports[0].endPort", "write the lower one in port")]
    [InlineData("networking.k8s.io/v1", "networkpolicies", """{"ingress":[{"from":[{}]}]}""", "spec.ingress[0].from[0]", "it names nobody")]
    [InlineData("networking.k8s.io/v1", "networkpolicies", """{"policyTypes":["Inwards"]}""", "spec.policyTypes[0]", "supported values")]
    [InlineData("networking.k8s.io/v1", "networkpolicies", """{"ingress":[{"from":[{"ipBlock":{"cidr":"10.0.0.0/33"}}]}]}""", "spec.ingress[0].from[0].ipBlock.cidr", "10.0.0.0/33")]
    [InlineData("fabric.vmnet.io/v1alpha1", "securitygroups", """{"ingress":[{"protocol":"TCP","ports":[{"port":90,"endPort":80}]}]}""", "spec.ingress[0].ports[0].endPort", "write the lower one in port")]
    [InlineData("fabric.vmnet.io/v1alpha1", "securitygroups", """{"ingress":[{"peers":[{}]}]}""", "spec.ingress[0].peers[0]", "it names nobody")]
    [InlineData("fabric.vmnet.io/v1alpha1", "securitygroups", """{"ingress":[{"priority":1000}]}""", "spec.ingress[0].priority", "less than or equal to 999")]
    [InlineData("fabric.vmnet.io/v1alpha1", "securitygroups", """{"ingress":[{"protocol":"TCP","ports":[{"port":70000}]}]}""", "spec.ingress[0].ports[0].port", "less than or equal to 65535")]
    public async Task What_cannot_be_meant_is_refused_with_its_field(string version, string plural, string spec, string field, string message)
    {
        var refused = await RefusedAsync(version, plural, spec);
        Assert.Equal(System.Net.HttpStatusCode.UnprocessableEntity, refused.Code);
        Assert.Contains(refused.Causes, cause => cause.Field == field && cause.Message.Contains(message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("fabric.vmnet.io/v1alpha1", "securitygroups", """{"protocol":"TCP"}""", "must have at most 1000 items")]
    [InlineData("networking.k8s.io/v1", "networkpolicies", """{"ports":[{"port":80}]}""", "10000 rules are more than 1000")]
    public async Task Ten_thousand_rules_are_refused(string version, string plural, string rule, string message)
    {
        var refused = await RefusedAsync(version, plural, $$"""{"ingress":[{{string.Join(',', Enumerable.Repeat(rule, 10_000))}}]}""");
        Assert.Contains(refused.Causes, cause => cause.Field == "spec.ingress" && cause.Message.Contains(message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_policy_that_becomes_too_large_stays_as_it_is_and_one_that_was_stored_so_closes_what_it_closed_and_holds_nobody_up()
    {
        await AddPodAsync("web", "web");
        SecurityRule open = new() { Protocol = SecurityProtocol.TCP, Ports = [new() { Port = 80 }] };
        SecurityRule close = new() { Action = SecurityAction.Deny, Priority = 1, Peers = [new() { Cidr = IpPrefix.Parse("10.70.1.64/26") }] };
        var group = await AddGroupAsync("big", new() { Selector = App("web"), Ingress = [open, close] });
        await AddPolicyAsync(new() { PodSelector = App("web"), Ingress = [new() { From = [new() { IpBlock = new() { Cidr = IpInterfaceAddress.Parse("10.0.0.0/8") } }] }] }, "wide");
        await MembersAsync("sg.default.big", "web");
        await MembersAsync("np.default.wide", "web");
        var rules = Rules();

        SecurityGroupSpec tooLarge = group.Spec with { Ingress = [.. Enumerable.Repeat(open, 9_999), close] };
        await Assert.ThrowsAsync<KubeException>(() => Of(ResourceTypes.SecurityGroups).MutateAsync(new ObjectKey("default", "big"), each => each with { Spec = tooLarge }, Token));
        await AddPolicyAsync(new() { PodSelector = App("web") }, "after");
        await MembersAsync("np.default.after", "web");
        Assert.Equal(rules, Rules().Where(rule => !rule.Contains("after", StringComparison.Ordinal)));

        await _plane.StopAsync();
        _plane.Store("securitygroups.fabric.vmnet.io", new ObjectKey("default", "big"), JsonSerializer.SerializeToNode(tooLarge, ResourceJson.Default.SecurityGroupSpec)!);
        var except = string.Join(',', Enumerable.Range(0, 2000).Select(i => $"\"10.1.{i / 256}.{i % 256}/32\""));
        _plane.Store(
            "networkpolicies.networking.k8s.io", new ObjectKey("default", "wide"),
            JsonNode.Parse($$$"""{"podSelector":{},"ingress":[{"from":[{"ipBlock":{"cidr":"10.0.0.0/8","except":[{{{except}}}]}}]},{"ports":[{"port":443}]}]}""")!);
        await _plane.RunAsync();
        await ConditionAsync("big", Condition.Ready, "PolicyTooLarge");
        // Its denial, though it is the last, and of the allowances as many as there may be.
        await _plane.HoldsAsync(() => Task.FromResult(Rules().Count(rule => rule.StartsWith("sg default/big ingress[", StringComparison.Ordinal)) == 1000));
        Assert.Contains("sg default/big ingress[9999]", Rules());
        await _plane.HoldsAsync(() => Task.FromResult(
            Rules().Where(rule => rule.StartsWith("np default/wide ingress", StringComparison.Ordinal)).SequenceEqual(["np default/wide ingress default", "np default/wide ingress[1]"])));
        await EventAsync("PolicyTooLarge", "wide", "spec.ingress: the rules compare with up to 48");
        await AddPolicyAsync(new() { PodSelector = App("web"), Ingress = [new()] }, "later");
        await MembersAsync("np.default.later", "web");
    }

    [Fact]
    public async Task What_lets_everything_pass_says_so()
    {
        await AddGroupAsync("open", new() { Selector = App("web"), Ingress = [new()] });
        await _plane.HoldsAsync(async () => (await Of(ResourceTypes.SecurityGroups).GetAsync(new ObjectKey("default", "open"), Token))?.Status?.Conditions.Find(Condition.Ready)
            is { IsTrue: true } ready && ready.Message?.Contains("spec.ingress[0]: it names neither peers nor a protocol", StringComparison.Ordinal) == true);
        await AddPolicyAsync(new() { PodSelector = App("web"), Ingress = [new()] });
        await EventAsync("AllowsEverything", "web", "spec.ingress[0]: it names neither peers nor ports");
    }

    private Task EventAsync(string reason, string policy, string message) => _plane.HoldsAsync(async () => (await Of(ResourceTypes.Events).ListAsync(ListOptions.All, Token)).Items
        .Any(each => each.Reason == reason && each.InvolvedObject is { Kind: nameof(NetworkPolicy) } about && about.Name == policy
            && each.Message?.StartsWith(message, StringComparison.Ordinal) == true));

    private async Task<KubeException> RefusedAsync(string version, string plural, string spec)
    {
        var kind = plural == "networkpolicies" ? "NetworkPolicy" : "SecurityGroup";
        var body = $$"""{"apiVersion":"{{version}}","kind":"{{kind}}","metadata":{"name":"bad"},"spec":{{spec}}}""";
        return await Assert.ThrowsAsync<KubeException>(() => _plane.Client.SendAsync(
            new KubeRequest(HttpMethod.Post, $"/apis/{version}/namespaces/default/{plural}") { Body = System.Text.Encoding.UTF8.GetBytes(body), ContentType = "application/json" }, Token));
    }
}
