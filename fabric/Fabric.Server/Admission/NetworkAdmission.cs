using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Fabric.ApiServer.Admission;
using Fabric.ApiServer.Authentication;
using Fabric.ApiServer.Schema;
using Fabric.Grains.IPPools;
using Fabric.Grains.Nics;
using Fabric.Grains.QosPolicies;
using Fabric.Grains.StaticIPs;
using Fabric.Grains.Subnets;
using Fabric.Policy.Validating;
using Fabric.Primitives;
using Fabric.Resources;
using Fabric.Resources.Core;

namespace Fabric.Server.Admission;

/// <summary>
/// Refuses at <c>kubectl apply</c> what the grains would refuse later: subnets that overlap, gateways outside, Nics that ask
/// for what their subnet does not have, and whatever of Fabric's kinds the control plane could not read. On a real cluster the
/// grains say the same in conditions.
/// </summary>
internal sealed class NetworkAdmission : IAdmission
{
    private const string Vpcs = "vpcs." + FabricApi.Group;
    private const string Subnets = "subnets." + FabricApi.Group;
    private const string Nics = "nics." + FabricApi.Group;
    private const string StaticIPs = "staticips." + FabricApi.Group;
    private const string IPPools = "ippools." + FabricApi.Group;
    private const string QosPolicies = "qospolicies." + FabricApi.Group;
    private const string SecurityGroups = "securitygroups." + FabricApi.Group;
    private const string NetworkPolicies = "networkpolicies." + NetworkPolicy.Group;
    private const string IPClaims = "ipclaims." + FabricApi.Group;
    private const string MacClaims = "macclaims." + FabricApi.Group;

    private readonly Dictionary<string, Func<AdmissionRequest, JsonObject, AdmissionVerdict>> _reviews;
    private readonly ObjectReadings<Subnet> _subnets = new(stored => TryRead(stored, ResourceJson.Default.Subnet));
    private readonly ObjectReadings<IPPool> _pools = new(stored => TryRead(stored, ResourceJson.Default.IPPool));

    public NetworkAdmission()
    {
        _reviews = new(StringComparer.Ordinal)
        {
            [Subnets] = ReviewSubnet,
            [Nics] = ReviewNic,
            [StaticIPs] = ReviewStaticIP,
            [IPPools] = ReviewIPPool,
            [SecurityGroups] = (_, wanted) => ReviewSecurityGroup(wanted),
            [NetworkPolicies] = (_, wanted) => ReviewNetworkPolicy(wanted),
            [Vpcs] = (_, wanted) => Readable(wanted, ResourceJson.Default.Vpc),
            [IPClaims] = (_, wanted) => Readable(wanted, ResourceJson.Default.IPClaim),
            [MacClaims] = (_, wanted) => Readable(wanted, ResourceJson.Default.MacClaim),
            [QosPolicies] = (_, wanted) => ReviewQosPolicy(wanted),
        };
        Resources = new HashSet<string>(_reviews.Keys, StringComparer.Ordinal);
    }

    public IReadOnlySet<string> Resources { get; }

    public AdmissionVerdict Review(AdmissionRequest request)
    {
        if (request.Resource == Nics && request.Subresource is null && ReviewAgent(request) is { } denial)
        {
            return denial;
        }

        // A status is Fabric's own, and an object that goes must be able to lose its finalizers whatever it says.
        if (request.NewObject is not { } wanted || request.Subresource is not null || wanted["metadata"]?["deletionTimestamp"] is not null
            || JsonNode.DeepEquals(wanted["spec"], request.OldObject?["spec"]))
        {
            return AdmissionVerdict.Allowed;
        }

        try
        {
            return _reviews[request.Resource](request, wanted);
        }
        catch (JsonException e)
        {
            // The schema let the text pass and the value's own rule does not: an address that is none.
            var field = (e.Path ?? "$").TrimStart('$').TrimStart('.') + ItemPath.Of(e);
            return AdmissionVerdict.Invalid(new FieldError(FieldErrorKind.Invalid, field, ValueAt(wanted, field), (e.InnerException ?? e).Message) { Rule = nameof(MalformedValue) });
        }
    }

    private AdmissionVerdict ReviewSubnet(AdmissionRequest request, JsonObject wanted)
    {
        var subnet = wanted.Deserialize(ResourceJson.Default.Subnet)!;
        var refusals = SubnetRules.Validate(subnet, request.Store.List(Subnets, _subnets)).ToList();
        if (refusals.Count == 0 && request.OldObject?.Deserialize(ResourceJson.Default.Subnet) is { } before && before.Spec.Ranges != subnet.Spec.Ranges)
        {
            // Read only when they are asked for: there may be very many.
            var claims = request.Store.List(IPClaims).Select(claim => claim.Deserialize(ResourceJson.Default.IPClaim)!);
            if (IsNarrower(subnet, before))
            {
                refusals.AddRange(SubnetRules.ValidateInUse(subnet, claims));
            }

            refusals.AddRange(SubnetRules.ValidateGateways(subnet, before, claims));
        }

        var warnings = new List<string>();
        if (request.Store.Get(Vpcs, null, subnet.Spec.Vpc) is null)
        {
            warnings.Add($"spec.vpc: there is no Vpc {subnet.Spec.Vpc} yet: the Subnet waits for it");
        }

        if (subnet.Spec.QosPolicy is { } policy && request.Store.Get(QosPolicies, null, policy) is null)
        {
            warnings.Add($"spec.qosPolicy: there is no QosPolicy {policy} yet: Nics are not limited until it comes");
        }

        if (subnet.Spec.SumQosPolicy is { } sum && request.Store.Get(QosPolicies, null, sum) is var found && QosPolicyRules.SumCondition(sum, found?.Deserialize(ResourceJson.Default.QosPolicy)) is { IsTrue: false } unlimited)
        {
            warnings.Add($"spec.sumQosPolicy: {unlimited.Message}");
        }

        warnings.AddRange(subnet.Spec.AllowSubnets
            .Where(name => request.Store.Get(Subnets, null, name) is null)
            .Select(name => $"spec.allowSubnets: there is no Subnet {name} yet: it is allowed when it comes"));
        if (!subnet.Spec.AllowSubnets.IsEmpty && !subnet.Spec.Private)
        {
            warnings.Add("spec.allowSubnets: it says nothing while spec.private is false: all Subnets of the Vpc are reached");
        }

        return VerdictOf(refusals, wanted) with { Warnings = warnings };
    }

    private static AdmissionVerdict ReviewQosPolicy(JsonObject wanted)
    {
        var policy = wanted.Deserialize(ResourceJson.Default.QosPolicy)!;
        return VerdictOf(QosPolicyRules.Validate(policy), wanted) with { Warnings = [.. QosPolicyRules.Warnings(policy)] };
    }

    /// <summary>Whether addresses that were in the Subnet are not any more: only then may one be in use.</summary>
    private static bool IsNarrower(Subnet subnet, Subnet before) =>
        before.Spec.Ranges.Any(range => subnet.Spec.RangeOf(range.Cidr.Family)?.Cidr.Contains(range.Cidr) != true);

    /// <summary>An agent makes and removes the Nics of containers, which nobody else knows of, and no others.</summary>
    private static AdmissionVerdict? ReviewAgent(AdmissionRequest request)
    {
        var kind = (request.NewObject ?? request.OldObject)?["spec"]?["owner"]?["kind"]?.GetValue<string>();
        return request.User.Groups.Contains(UserInfo.Agents) && kind != nameof(NicOwnerKind.Container)
            ? AdmissionVerdict.Denied($"an agent makes and removes Nics of containers only, and this one's owner is a {kind}")
            : null;
    }

    private static AdmissionVerdict ReviewNic(AdmissionRequest request, JsonObject wanted)
    {
        var nic = wanted.Deserialize(ResourceJson.Default.Nic)!;
        return VerdictOf(NicRules.Validate(nic, SubnetOf(request, nic.Spec.Subnet)), wanted);
    }

    private AdmissionVerdict ReviewStaticIP(AdmissionRequest request, JsonObject wanted)
    {
        var kept = wanted.Deserialize(ResourceJson.Default.StaticIP)!;
        var subnet = SubnetOf(request, kept.Spec.Subnet);
        var refusals = StaticIPRules.Validate(kept, subnet).ToList();
        // Asked once, as by the grain: whoever keeps something goes on keeping it.
        if (refusals.Count == 0 && request.OldObject is null && subnet is not null)
        {
            var vpc = request.Store.Get(Vpcs, null, subnet.Spec.Vpc)?.Deserialize(ResourceJson.Default.Vpc) ?? new Vpc();
            var forbidden = NicRules.CheckNamespace(kept.Metadata.Namespace!, subnet, vpc)
                ?? StaticIPRules.CheckPools(kept, new HashSet<IpAddress>(), request.Store.List(IPPools, _pools));
            refusals.AddRange(forbidden is null ? [] : [forbidden]);
        }

        var verdict = VerdictOf(refusals, wanted);
        return subnet is null ? verdict with { Warnings = [NoSubnetYet(kept.Spec.Subnet)] } : verdict;
    }

    private AdmissionVerdict ReviewIPPool(AdmissionRequest request, JsonObject wanted)
    {
        var pool = wanted.Deserialize(ResourceJson.Default.IPPool)!;
        var subnet = SubnetOf(request, pool.Spec.Subnet);
        var verdict = VerdictOf(IPPoolRules.Validate(pool, subnet, request.Store.List(IPPools, _pools)), wanted);
        return subnet is null ? verdict with { Warnings = [NoSubnetYet(pool.Spec.Subnet)] } : verdict;
    }

    private static AdmissionVerdict ReviewSecurityGroup(JsonObject wanted)
    {
        var group = wanted.Deserialize(ResourceJson.Default.SecurityGroup)!;
        return VerdictOf(SecurityGroupRules.Validate(group), wanted) with { Warnings = SecurityGroupRules.Warn(group) };
    }

    private static AdmissionVerdict ReviewNetworkPolicy(JsonObject wanted)
    {
        var policy = wanted.Deserialize(ResourceJson.Default.NetworkPolicy)!;
        return VerdictOf(NetworkPolicyRules.Validate(policy), wanted) with { Warnings = NetworkPolicyRules.Warn(policy) };
    }

    private static Subnet? SubnetOf(AdmissionRequest request, string name) =>
        request.Store.Get(Subnets, null, name)?.Deserialize(ResourceJson.Default.Subnet);

    private static string NoSubnetYet(string subnet) => $"spec.subnet: there is no Subnet {subnet} yet: it is waited for";

    private static AdmissionVerdict VerdictOf(IReadOnlyList<Refusal> refusals, JsonObject wanted) => refusals.Count == 0
        ? AdmissionVerdict.Allowed
        : AdmissionVerdict.Invalid([.. refusals.Select(refusal =>
            new FieldError(FieldErrorKind.Invalid, refusal.Field ?? "spec", refusal.Field is null ? null : ValueAt(wanted, refusal.Field), refusal.Message) { Rule = refusal.Reason })]);

    /// <summary>For kinds with no rules of their own.</summary>
    /// <exception cref="JsonException">It cannot be read.</exception>
    private static AdmissionVerdict Readable<T>(JsonObject wanted, JsonTypeInfo<T> type)
    {
        wanted.Deserialize(type);
        return AdmissionVerdict.Allowed;
    }

    /// <summary>An object that was stored before a rule was made must not make others be refused in its place.</summary>
    private static T? TryRead<T>(JsonObject stored, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return stored.Deserialize(type);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>What the manifest says at a path such as <c>spec.ipv4.exclude[0]</c>, as JSON text.</summary>
    private static string? ValueAt(JsonObject root, string path)
    {
        JsonNode? node = root;
        foreach (var step in path.Split('.', '[').Select(step => step.TrimEnd(']')))
        {
            node = node switch
            {
                JsonObject map => map[step],
                JsonArray list when int.TryParse(step, out var index) && index < list.Count => list[index],
                _ => null,
            };
        }

        return node?.ToJsonString();
    }
}
