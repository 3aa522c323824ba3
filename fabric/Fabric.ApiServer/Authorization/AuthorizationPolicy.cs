using System.Collections.Immutable;
using Fabric.ApiServer.Authentication;

namespace Fabric.ApiServer.Authorization;

/// <summary>One permission.</summary>
internal sealed record AccessRule(ImmutableArray<string> Verbs, string Group, ImmutableArray<string> Resources)
{
    public bool Allows(AccessAttributes access)
    {
        var resource = access.Subresource is null ? access.Resource : $"{access.Resource}/{access.Subresource}";
        return Verbs.Contains(access.Verb)
            && Group == access.Group
            && Resources.Contains(resource);
    }
}

/// <summary>
/// Who may do what. Fixed and small on purpose: an administrator may do everything, agents and the control plane what their work needs. On a
/// cluster <c>deploy/rbac</c> says the same, so that what suffices here suffices there.
/// </summary>
internal static class AuthorizationPolicy
{
    private const string FabricGroup = "fabric.vmnet.io";
    private const string KubeVirtGroup = "kubevirt.io";

    private static readonly ImmutableArray<string> Reading = ["get", "list", "watch"];

    /// <summary>
    /// What a node's agent needs: read workloads and Nics, report attachments and the node's conditions, make and remove the Nics of containers
    /// without a pod. That it is no other Nics, admission sees to.
    /// </summary>
    public static ImmutableArray<AccessRule> AgentRules { get; } =
    [
        new(Reading, "", ["pods"]),
        new(["get"], "", ["nodes", "namespaces"]),
        new(["patch"], "", ["nodes/status"]),
        new(["get"], KubeVirtGroup, ["virtualmachineinstances"]),
        new(["get", "list"], FabricGroup, ["subnets"]),
        new([.. Reading, "create", "delete"], FabricGroup, ["nics"]),
        new(["update"], FabricGroup, ["nics/status"]),
    ];

    /// <summary>What the control plane needs: read all that counts, own Nics and claims, and write the status of its kinds.</summary>
    public static ImmutableArray<AccessRule> ServerRules { get; } =
    [
        new(Reading, "", ["pods", "namespaces"]),
        new(Reading, "networking.k8s.io", ["networkpolicies"]),
        new(Reading, KubeVirtGroup, ["virtualmachines", "virtualmachineinstances"]),
        new(Reading, FabricGroup, ["vpcs", "subnets", "nics", "ipclaims", "macclaims", "staticips", "ippools", "qospolicies", "securitygroups"]),
        new(["create"], FabricGroup, ["vpcs"]),
        new(["create", "update", "delete"], FabricGroup, ["nics", "ipclaims", "macclaims"]),
        new(["patch"], FabricGroup, ["vpcs", "subnets", "nics", "staticips", "qospolicies", "securitygroups"]),
        new(["update"], FabricGroup, ["vpcs/status", "subnets/status", "nics/status", "staticips/status", "ippools/status", "qospolicies/status", "securitygroups/status"]),
        new(["get", "create", "update"], "", ["events"]),
        // In whichever namespace the replicas are told to have them.
        new([.. Reading, "create", "update", "delete"], "coordination.k8s.io", ["leases"]),
    ];

    /// <summary>Everyone who is known may ask what they may do.</summary>
    private static readonly ImmutableArray<AccessRule> KnownUserRules =
    [
        new(["create"], "authorization.k8s.io", ["selfsubjectaccessreviews", "selfsubjectrulesreviews"]),
        new(["create"], "authentication.k8s.io", ["selfsubjectreviews"]),
    ];

    public static bool Allows(AccessAttributes access)
        => access.User.Groups.Contains(UserInfo.Administrators) || RulesOf(access.User).Any(r => r.Allows(access));

    /// <summary>The rules of a user who is no administrator.</summary>
    public static IEnumerable<AccessRule> RulesOf(UserInfo user)
    {
        if (user == UserInfo.Anonymous) return [];
        return
        [
            .. KnownUserRules,
            .. user.Groups.Contains(UserInfo.Agents) ? AgentRules : [],
            .. user.Groups.Contains(UserInfo.Servers) ? ServerRules : [],
        ];
    }

    /// <summary>Paths that tell nothing but that the server lives.</summary>
    public static bool IsOpen(string path) => path is "/version" or "/healthz" or "/readyz" or "/livez"
        || path.StartsWith("/healthz/", StringComparison.Ordinal) || path.StartsWith("/readyz/", StringComparison.Ordinal) || path.StartsWith("/livez/", StringComparison.Ordinal);
}
