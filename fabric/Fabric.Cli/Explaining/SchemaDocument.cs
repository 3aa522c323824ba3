using System.Text.Json.Nodes;
using Fabric.Cli.Api;
using Fabric.Cli.Terminal;
using Fabric.Kube.Transport;

namespace Fabric.Cli.Explaining;

/// <summary>What a server publishes of a group version's kinds: OpenAPI v3.</summary>
/// <remarks>https://kubernetes.io/docs/concepts/overview/kubernetes-api/#openapi-v3</remarks>
internal sealed class SchemaDocument
{
    private const string References = "#/components/schemas/";

    private readonly JsonObject _schemas;

    private SchemaDocument(JsonObject schemas) => _schemas = schemas;

    /// <exception cref="CommandFailure">The server publishes nothing of it.</exception>
    public static async Task<SchemaDocument> ReadAsync(ApiSession session, ApiKind kind, CancellationToken cancellationToken)
    {
        JsonObject index;
        try
        {
            index = await session.GetAsync("/openapi/v3", cancellationToken);
        }
        catch (KubeException e) when (e.IsNotFound)
        {
            throw new CommandFailure("the server publishes no OpenAPI v3 document: it is older than Kubernetes 1.24");
        }

        var address = index["paths"]?[ApiKind.RootOf(kind.ApiVersion).TrimStart('/')].TextAt("serverRelativeURL")
            ?? throw new CommandFailure($"the server publishes no schema of {kind.ApiVersion}");
        var document = await session.GetAsync(address, cancellationToken);
        return new SchemaDocument(document["components"]?["schemas"] as JsonObject ?? []);
    }

    /// <summary>The schema of a kind.</summary>
    /// <exception cref="CommandFailure">It is not published.</exception>
    public FieldSchema Of(ApiKind kind)
    {
        foreach (var (_, schema) in _schemas)
        {
            if ((schema?["x-kubernetes-group-version-kind"] as JsonArray ?? []).Any(each =>
                each.TextAt("kind") == kind.Kind && (each.TextAt("group") ?? "") == kind.Group && each.TextAt("version") == kind.Version))
                return Resolve(schema as JsonObject ?? []);
        }

        throw new CommandFailure($"the server publishes no schema of {kind.Kind} in {kind.ApiVersion}");
    }

    /// <summary>A schema with what it refers to: a reference's own description goes before that of its target.</summary>
    internal FieldSchema Resolve(JsonObject schema)
    {
        var target = schema.TextAt("$ref") ?? (schema["allOf"] is JsonArray { Count: 1 } all ? all[0].TextAt("$ref") : null);
        if (target is null || _schemas[target.Replace(References, "", StringComparison.Ordinal)] is not JsonObject found)
            return new FieldSchema(this, schema);
        var merged = (JsonObject)found.DeepClone();
        foreach (var (name, value) in schema)
        {
            if (name is not ("$ref" or "allOf") && value is not null && !(name == "description" && value.TextAt() is "") && !(name == "default" && value is JsonObject { Count: 0 }))
                merged[name] = value.DeepClone();
        }

        return new FieldSchema(this, merged, target);
    }
}
