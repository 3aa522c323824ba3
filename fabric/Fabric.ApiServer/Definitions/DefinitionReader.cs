using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Fabric.ApiServer.Objects;
using Fabric.ApiServer.Printing;
using Fabric.ApiServer.Schema;

namespace Fabric.ApiServer.Definitions;

/// <summary>Reads a CustomResourceDefinition (apiextensions.k8s.io/v1) into a <see cref="ResourceDefinition"/>.</summary>
internal static class DefinitionReader
{
    /// <summary>Annotations with which the embedded definitions say how a built-in kind behaves.</summary>
    private const string TraitPrefix = "apiserver.fabric.vmnet.io/";

    /// <exception cref="FormatException">Says what is missing or wrong.</exception>
    public static ResourceDefinition Read(JsonObject crd, bool builtIn)
    {
        if (crd.TextAt("kind") != "CustomResourceDefinition" || crd.TextAt("apiVersion") != "apiextensions.k8s.io/v1")
            throw new FormatException($"expected a CustomResourceDefinition of apiextensions.k8s.io/v1, found {crd.TextAt("kind")} of {crd.TextAt("apiVersion")}");
        var spec = crd.ObjectAt("spec") ?? throw new FormatException("spec: required");
        var names = spec.ObjectAt("names") ?? throw new FormatException("spec.names: required");
        var version = spec.ArrayAt("versions")?.OfType<JsonObject>().FirstOrDefault(v => v.FlagAt("storage") && v.FlagAt("served"))
            ?? throw new FormatException("spec.versions: one version must be both served and stored");
        var schema = version.Dig("schema", "openAPIV3Schema") as JsonObject ?? throw new FormatException("spec.versions[].schema.openAPIV3Schema: required");
        var structure = SchemaNode.Of(schema);
        var kind = Required(names, "kind", "spec.names.kind");
        var traits = builtIn ? Traits(crd) : ResourceTraits.CustomResource;
        return new ResourceDefinition
        {
            Group = spec.TextAt("group") ?? throw new FormatException("spec.group: required"),
            Version = Required(version, "name", "spec.versions[].name"),
            Kind = kind,
            ListKind = names.TextAt("listKind") ?? kind + "List",
            Plural = Required(names, "plural", "spec.names.plural"),
            Singular = names.TextAt("singular") ?? kind.ToLowerInvariant(),
            ShortNames = Texts(names, "shortNames"),
            Categories = Texts(names, "categories"),
            Namespaced = spec.TextAt("scope") switch
            {
                "Namespaced" => true,
                "Cluster" => false,
                var other => throw new FormatException($"spec.scope: must be Namespaced or Cluster, not {other}"),
            },
            HasStatus = version.Dig("subresources", "status") is not null,
            Schema = structure,
            Columns = Columns(version),
            SelectableFields = SelectableFields.Read(version, builtIn ? null : structure),
            Traits = traits,
            Source = crd,
        };
    }

    private static ImmutableArray<PrinterColumn> Columns(JsonObject version)
    {
        var columns = ImmutableArray.CreateBuilder<PrinterColumn>();
        foreach (var column in version.ArrayAt("additionalPrinterColumns")?.OfType<JsonObject>() ?? [])
        {
            var computed = column.TextAt("x-computed");
            columns.Add(new PrinterColumn(
                Required(column, "name", "additionalPrinterColumns[].name"),
                column.TextAt("type") ?? "string",
                column.TextAt("format") ?? "",
                column.TextAt("description") ?? "",
                column.IntegerAt("priority") ?? 0,
                computed is null ? JsonPath.Parse(Required(column, "jsonPath", "additionalPrinterColumns[].jsonPath")) : null,
                computed));
        }

        if (columns.Count == 0)
            columns.Add(new PrinterColumn("Age", "date", "", "Time since the object was created.", 0, JsonPath.Parse(".metadata.creationTimestamp"), null));
        return columns.ToImmutable();
    }

    private static ResourceTraits Traits(JsonObject crd)
    {
        bool Has(string trait) => crd.Dig("metadata", "annotations", TraitPrefix + trait).AsText() == "true";
        return new ResourceTraits
        {
            BuiltIn = true,
            UnconditionalUpdate = Has("unconditional-update"),
            CreateOnUpdate = Has("create-on-update"),
            StrategicMergePatch = Has("strategic-merge-patch"),
            GracefulDeletion = Has("graceful-deletion"),
            HasGeneration = !Has("no-generation"),
            NameIsLabel = Has("name-is-label"),
        };
    }

    private static ImmutableArray<string> Texts(JsonObject json, string name)
        => json.ArrayAt(name)?.Select(t => t.AsText()).OfType<string>().ToImmutableArray() ?? [];

    private static string Required(JsonObject json, string name, string path)
        => json.TextAt(name) is { Length: > 0 } value ? value : throw new FormatException($"{path}: required");
}
