using System.Text.Json.Nodes;
using Fabric.ApiServer.Authorization;
using Fabric.ApiServer.Yaml;

namespace Fabric.ApiServer.Tests.Authorization;

/// <summary>
/// What a cluster allows the agent and the control plane is what the embedded server allows them: so every other test of the two, which run
/// against that, shows that it suffices.
/// </summary>
public sealed class RbacManifestTests
{
    // What the control plane is told with --lease-namespace is known to a manifest only as its default.
    private const string LeaseNamespace = "kube-system";

    [Theory]
    [InlineData("agent")]
    [InlineData("server")]
    public void Manifest_allows_what_the_embedded_server_allows_and_no_more(string name)
    {
        var rules = name == "agent" ? AuthorizationPolicy.AgentRules : AuthorizationPolicy.ServerRules;

        Assert.Equal(
            rules.SelectMany(rule => Permissions(rule.Group == "coordination.k8s.io" ? LeaseNamespace : null, [rule.Group], rule.Resources, rule.Verbs)).Order(StringComparer.Ordinal),
            Read(name).Where(document => Text(document, "kind") is "ClusterRole" or "Role").SelectMany(PermissionsOf).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("agent")]
    [InlineData("server")]
    public void Manifest_binds_each_of_its_roles_to_its_own_account(string name)
    {
        var documents = Read(name);
        var account = Assert.Single(documents, document => Text(document, "kind") == "ServiceAccount");
        var bindings = documents.Where(document => Text(document, "kind")!.EndsWith("Binding", StringComparison.Ordinal)).ToArray();

        Assert.Equal(
            documents.Where(document => Text(document, "kind")!.EndsWith("Role", StringComparison.Ordinal)).Select(role => $"{Text(role, "kind")} {NameOf(role)}"),
            bindings.Select(binding => $"{Text(binding["roleRef"]!, "kind")} {Text(binding["metadata"]!, "namespace")}/{Text(binding["roleRef"]!, "name")}"));
        Assert.All(bindings, binding =>
        {
            var subject = Assert.Single(binding["subjects"]!.AsArray())!;
            Assert.Equal(("ServiceAccount", NameOf(account)), (Text(subject, "kind"), $"{Text(subject, "namespace")}/{Text(subject, "name")}"));
        });
        Assert.Contains(documents, document => Text(document, "kind") == "Namespace" && Text(document["metadata"]!, "name") == Text(account["metadata"]!, "namespace"));
    }

    private static IReadOnlyList<JsonNode> Read(string name) => YamlReader.ReadAll(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "rbac", $"{name}.yaml")));

    private static IEnumerable<string> PermissionsOf(JsonNode role) => role["rules"]!.AsArray().SelectMany(rule =>
        Permissions(Text(role["metadata"]!, "namespace"), Texts(rule!, "apiGroups"), Texts(rule!, "resources"), Texts(rule!, "verbs")));

    private static IEnumerable<string> Permissions(string? ns, IEnumerable<string> groups, IEnumerable<string> resources, IEnumerable<string> verbs) =>
        from @group in groups
        from resource in resources
        from verb in verbs
        select $"{verb} {resource}.{@group} {(ns is null ? "everywhere" : $"in {ns}")}";

    private static string NameOf(JsonNode document) => $"{Text(document["metadata"]!, "namespace")}/{Text(document["metadata"]!, "name")}";

    private static string? Text(JsonNode node, string member) => node[member]?.GetValue<string>();

    private static IEnumerable<string> Texts(JsonNode node, string member) => node[member]!.AsArray().Select(each => each!.GetValue<string>());
}
