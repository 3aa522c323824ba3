using System.Collections.Immutable;
using Fabric.ApiServer.Authentication;

namespace Fabric.ApiServer.Authorization;

/// <summary>One permission. <c>*</c> stands for every resource of a group.</summary>
/// <param name="Namespace">Null for everywhere.</param>
internal sealed record AccessRule(ImmutableArray<string> Verbs, string Group, ImmutableArray<string> Resources, string? Namespace = null)
{
    public bool Allows(AccessAttributes access)
    {
        var resource = access.Subresource is null ? access.Resource : $"{access.Resource}/{access.Subresource}";
        return Verbs.Contains(access.Verb)
            && Group == access.Group
            && (Resources.Contains(resource) || (Resources.Contains("*") && access.Subresource is null))
            && (Namespace is null || Namespace == access.Namespace);
    }
}

/// <summary>
/// Who may do what. Fixed and small on purpose: an administrator may do everything, a node's agent what its work needs.
/// </summary>
internal static class AuthorizationPolicy
{
    private const string FabricGroup = "fabric.vmnet.io";
    private const string KubeVirtGroup = "kubevirt.io";

    private static readonly ImmutableArray<string> Reading = ["get", "list", "watch"];

    /// <summary>
    /// What a node's agent needs: read workloads and networks, report attachments, the node's conditions, events and its life; make and remove the Nics
    /// of containers without a pod. That it is no other Nics, admission sees to.
    /// </summary>
    public static ImmutableArray<AccessRule> AgentRules { get; } =
    [
        new(Reading, "", ["pods", "nodes", "namespaces"]),
        new(Reading, FabricGroup, ["*"]),
        new(Reading, KubeVirtGroup, ["*"]),
        new(["get", "update", "patch"], FabricGroup, ["nics/status"]),
        new(["patch"], "", ["nodes/status"]),
        new(["create", "delete"], FabricGroup, ["nics"]),
        new(["create", "patch", "update"], "", ["events"]),
        new(["get", "list", "watch", "create", "update", "patch"], "coordination.k8s.io", ["leases"], "kube-node-lease"),
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
        return user.Groups.Contains(UserInfo.Agents) ? AgentRules.Concat(KnownUserRules) : KnownUserRules;
    }

    /// <summary>Paths that tell nothing but that the server lives.</summary>
    public static bool IsOpen(string path) => path is "/version" or "/healthz" or "/readyz" or "/livez"
        || path.StartsWith("/healthz/", StringComparison.Ordinal) || path.StartsWith("/readyz/", StringComparison.Ordinal) || path.StartsWith("/livez/", StringComparison.Ordinal);
}
