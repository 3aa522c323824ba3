using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Fabric.ApiServer.Definitions;
using Fabric.ApiServer.Objects;

namespace Fabric.ApiServer.OpenApi;

/// <summary>The OpenAPI documents: version 2 as a whole, in JSON and protobuf, and version 3 for each group version.</summary>
internal sealed class OpenApiDocuments
{
    public const string Version2References = "#/definitions/";
    public const string Version3References = "#/components/schemas/";

    /// <summary>The type that is answered; clients ask for it with an @ before the version, which is no valid media type.</summary>
    public const string ProtobufType = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

    private readonly Lazy<byte[]> _version2;
    private readonly Lazy<byte[]> _version2Protobuf;
    private readonly FrozenDictionary<string, byte[]> _version3;

    public OpenApiDocuments(ResourceCatalog catalog)
    {
        var version2 = new Lazy<JsonObject>(() => Version2Document(catalog));
        _version2 = new Lazy<byte[]>(() => JsonBody.Serialize(version2.Value));
        _version2Protobuf = new Lazy<byte[]>(() => GnosticEncoder.Encode(version2.Value));
        _version3 = catalog.All
            .GroupBy(d => d.Group.Length == 0 ? $"api/{d.Version}" : $"apis/{d.Group}/{d.Version}", StringComparer.Ordinal)
            .ToFrozenDictionary(g => g.Key, g => JsonBody.Serialize(Version3Document(g)), StringComparer.Ordinal);
        Version3Index = Index();
    }

    /// <summary>Where each group version's document is.</summary>
    public JsonObject Version3Index { get; }

    public byte[] Version2(bool protobuf) => protobuf ? _version2Protobuf.Value : _version2.Value;

    /// <param name="groupVersion"><c>api/v1</c> or <c>apis/group/version</c>.</param>
    public byte[]? Version3(string groupVersion) => _version3.GetValueOrDefault(groupVersion);

    private JsonObject Index()
    {
        var paths = new JsonObject();
        foreach (var (name, document) in _version3.OrderBy(d => d.Key, StringComparer.Ordinal))
        {
            // The hash lets clients keep a document for as long as it is the same.
            var hash = Convert.ToHexString(SHA256.HashData(document));
            paths[name] = new JsonObject { ["serverRelativeURL"] = $"/openapi/v3/{name}?hash={hash}" };
        }

        return new JsonObject { ["paths"] = paths };
    }

    private static JsonObject Info() => new() { ["title"] = "Fabric", ["version"] = "v1" };

    private static JsonObject Version2Document(ResourceCatalog catalog)
    {
        var (paths, definitions) = (new JsonObject(), new JsonObject());
        foreach (var (name, schema) in CommonSchemas.All(Version2References))
            definitions[name] = schema;
        foreach (var definition in catalog.All)
        {
            var schema = SwaggerSchema.Convert(definition.Schema.Json, definition.Traits.StrategicMergePatch);
            definitions[KindSchemas.NameOf(definition)] = KindSchemas.Complete(definition, schema, Version2References);
            definitions[KindSchemas.NameOf(definition) + "List"] = KindSchemas.List(definition, Version2References);
            foreach (var (path, item) in new OpenApiPaths(isVersion3: false).Of(definition))
                paths[path] = item;
        }

        return new JsonObject { ["swagger"] = "2.0", ["info"] = Info(), ["paths"] = paths, ["definitions"] = definitions };
    }

    private static JsonObject Version3Document(IEnumerable<ResourceDefinition> kinds)
    {
        var (paths, schemas) = (new JsonObject(), new JsonObject());
        foreach (var (name, schema) in CommonSchemas.All(Version3References))
            schemas[name] = schema;
        foreach (var definition in kinds)
        {
            schemas[KindSchemas.NameOf(definition)] = KindSchemas.Complete(definition, (JsonObject)definition.Schema.Json.DeepClone(), Version3References);
            schemas[KindSchemas.NameOf(definition) + "List"] = KindSchemas.List(definition, Version3References);
            foreach (var (path, item) in new OpenApiPaths(isVersion3: true).Of(definition))
                paths[path] = item;
        }

        return new JsonObject { ["openapi"] = "3.0.0", ["info"] = Info(), ["paths"] = paths, ["components"] = new JsonObject { ["schemas"] = schemas } };
    }
}
