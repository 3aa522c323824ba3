using System.Text.Json.Nodes;
using Fabric.ApiServer.Authentication;
using Fabric.ApiServer.Objects;
using Fabric.ApiServer.Requests;

namespace Fabric.ApiServer.Authorization;

/// <summary>Questions of clients about themselves: <c>kubectl auth can-i</c>, <c>kubectl auth whoami</c>. Nothing is stored.</summary>
internal static class SelfReviews
{
    public const string AuthorizationGroup = "authorization.k8s.io";
    public const string AuthenticationGroup = "authentication.k8s.io";

    /// <summary>Group, plural, kind of each.</summary>
    public static readonly (string Group, string Plural, string Kind)[] Kinds =
    [
        (AuthorizationGroup, "selfsubjectaccessreviews", "SelfSubjectAccessReview"),
        (AuthorizationGroup, "selfsubjectrulesreviews", "SelfSubjectRulesReview"),
        (AuthenticationGroup, "selfsubjectreviews", "SelfSubjectReview"),
    ];

    public static bool Handles(RequestPath path) => path.Version == "v1" && path.Name is null && Kinds.Any(k => k.Group == path.Group && k.Plural == path.Resource);

    /// <returns>The review with its status.</returns>
    public static JsonObject Answer(RequestPath path, JsonObject review, UserInfo user)
    {
        review["status"] = path.Resource switch
        {
            "selfsubjectaccessreviews" => Access(review, user),
            "selfsubjectrulesreviews" => Rules(user),
            _ => new JsonObject { ["userInfo"] = new JsonObject { ["username"] = user.Name, ["groups"] = user.Groups.ToJsonArray() } },
        };
        return review;
    }

    private static JsonObject Access(JsonObject review, UserInfo user)
    {
        if (review.Dig("spec", "nonResourceAttributes") is JsonObject path)
        {
            var open = AuthorizationPolicy.IsOpen(path.TextAt("path") ?? "") || user.Groups.Contains(UserInfo.Administrators) || path.TextAt("verb") == "get";
            return new JsonObject { ["allowed"] = open };
        }

        if (review.Dig("spec", "resourceAttributes") is not JsonObject wanted)
            throw StatusException.BadRequest("spec: exactly one of resourceAttributes and nonResourceAttributes must be given");
        static string? NotEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
        var allowed = AuthorizationPolicy.Allows(new AccessAttributes(
            user,
            wanted.TextAt("verb") ?? "",
            wanted.TextAt("group") ?? "",
            wanted.TextAt("resource") ?? "",
            NotEmpty(wanted.TextAt("subresource")),
            NotEmpty(wanted.TextAt("namespace")),
            NotEmpty(wanted.TextAt("name"))));
        return new JsonObject { ["allowed"] = allowed };
    }

    private static JsonObject Rules(UserInfo user)
    {
        var all = new AccessRule(["*"], "*", ["*"]);
        var rules = user.Groups.Contains(UserInfo.Administrators) ? [all] : AuthorizationPolicy.RulesOf(user);
        return new JsonObject
        {
            ["resourceRules"] = new JsonArray([.. rules.Select(r => (JsonNode)new JsonObject
            {
                ["verbs"] = r.Verbs.ToJsonArray(),
                ["apiGroups"] = new JsonArray(r.Group),
                ["resources"] = r.Resources.ToJsonArray(),
            })]),
            ["nonResourceRules"] = new JsonArray(new JsonObject { ["verbs"] = new JsonArray("get"), ["nonResourceURLs"] = new JsonArray("/api", "/api/*", "/apis", "/apis/*", "/openapi/*", "/version", "/healthz", "/livez", "/readyz") }),
            ["incomplete"] = false,
        };
    }
}
