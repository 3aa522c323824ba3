using System.Text.Json.Nodes;
using Fabric.Cli.Api;
using Fabric.Cli.Manifests;
using Fabric.Cli.Terminal;

namespace Fabric.Cli.Applying;

/// <summary>The object that a manifest is about.</summary>
internal sealed record ManifestTarget(ApiKind Kind, string Namespace, string Name, JsonObject Object)
{
    public string Path => Kind.ObjectPath(Namespace, Name);

    /// <summary><c>subnet.fabric.vmnet.io/blue</c>.</summary>
    public string Label => $"{Kind.Label}/{Name}";

    /// <summary>Finds out where a manifest belongs.</summary>
    /// <exception cref="CommandFailure">It does not say what it is, or the server has no such kind.</exception>
    public static async Task<ManifestTarget> OfAsync(Manifest manifest, ApiSession session, CancellationToken cancellationToken)
    {
        var wanted = manifest.Object ?? throw new CommandFailure(manifest.Problem!);
        var apiVersion = Required(wanted, "apiVersion", "such as fabric.vmnet.io/v1alpha1");
        var kindName = Required(wanted, "kind", "such as Subnet");
        if (wanted["metadata"] is not JsonObject metadata)
            throw new CommandFailure(wanted["metadata"] is null ? "metadata: Required value: give metadata.name" : "metadata: Invalid value: it must be an object with the object's name");
        var name = NameOf(metadata);
        var kind = await session.Kinds.OfAsync(apiVersion, kindName, cancellationToken) ?? throw await UnknownKindAsync(apiVersion, kindName, session, cancellationToken);
        return new ManifestTarget(kind, kind.Namespaced ? NamespaceOf(metadata, session) : "", name, wanted);
    }

    private static string Required(JsonObject wanted, string field, string example) => wanted[field] switch
    {
        JsonValue value when value.TryGetValue<string>(out var text) && text.Length > 0 => text,
        null => throw new CommandFailure($"{field}: Required value: say what the object is, {example}"),
        var other => throw new CommandFailure($"{field}: Invalid value: {other.ToJsonString()}: it must be a text, {example}"),
    };

    private static string NameOf(JsonObject metadata) => metadata["name"] switch
    {
        JsonValue value when value.TryGetValue<string>(out var text) && text.Length > 0 => ApiName.Require(text, "metadata.name"),
        null when metadata.ContainsKey("generateName") => throw new CommandFailure("metadata.name: Required value: what is applied again needs a name; generateName makes a new one each time"),
        null => throw new CommandFailure("metadata.name: Required value: give the object a name"),
        var other => throw new CommandFailure($"metadata.name: Invalid value: {other.ToJsonString()}: it must be a text, not empty"),
    };

    private static string NamespaceOf(JsonObject metadata, ApiSession session)
    {
        if (metadata["namespace"] is { } given && given.TextAt() is null)
            throw new CommandFailure($"metadata.namespace: Invalid value: {given.ToJsonString()}: it must be a text");
        var named = metadata.TextAt("namespace");
        if (string.IsNullOrEmpty(named))
            return session.Namespace;
        return session.GivenNamespace is { } wanted && wanted != named
            ? throw new CommandFailure($"metadata.namespace: Invalid value: \"{named}\": the command line says --namespace {wanted}: make them the same, or leave one out")
            : ApiName.Require(named, "metadata.namespace");
    }

    private static async Task<CommandFailure> UnknownKindAsync(string apiVersion, string kind, ApiSession session, CancellationToken cancellationToken)
    {
        var all = await session.Kinds.ListAsync(cancellationToken);
        var near = all.FirstOrDefault(k => k.Kind.Equals(kind, StringComparison.OrdinalIgnoreCase))
            ?? (Likeness.Nearest(kind, all.Select(k => k.Kind)) is { } word ? all.First(k => k.Kind.Equals(word, StringComparison.OrdinalIgnoreCase)) : null);
        return new CommandFailure($"no matches for kind \"{kind}\" in version \"{apiVersion}\"" + (near is null ? ": is its definition installed?" : $"; did you mean {near.Kind} in {near.ApiVersion}?"));
    }
}
