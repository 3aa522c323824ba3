using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Fabric.ApiServer.Schema;
using Fabric.ApiServer.Selectors;

namespace Fabric.ApiServer.Definitions;

/// <summary>Everything the server knows of one kind. The rest of the server treats all kinds alike.</summary>
internal sealed class ResourceDefinition
{
    /// <summary>Empty for the core group.</summary>
    public required string Group { get; init; }

    public required string Version { get; init; }

    public required string Kind { get; init; }

    public required string ListKind { get; init; }

    public required string Plural { get; init; }

    public required string Singular { get; init; }

    public required ImmutableArray<string> ShortNames { get; init; }

    public required ImmutableArray<string> Categories { get; init; }

    public required bool Namespaced { get; init; }

    public required bool HasStatus { get; init; }

    public required SchemaNode Schema { get; init; }

    public required ImmutableArray<PrinterColumn> Columns { get; init; }

    /// <summary>Dotted paths that field selectors may name, beside metadata.name and metadata.namespace.</summary>
    public required ImmutableArray<string> SelectableFields { get; init; }

    /// <summary>The same paths, by which they are found in an object's bytes.</summary>
    public SelectableTree SelectableTree => field ??= SelectableTree.Of(SelectableFields);

    public required ResourceTraits Traits { get; init; }

    /// <summary>The CustomResourceDefinition it was read from.</summary>
    public required JsonObject Source { get; init; }

    /// <summary><c>v1</c> or <c>group/version</c>, as objects carry it.</summary>
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary><c>pods</c> or <c>nics.fabric.vmnet.io</c>: in messages, and the key under which objects are stored.</summary>
    public string QualifiedName => Group.Length == 0 ? Plural : $"{Plural}.{Group}";

    /// <summary><c>Nic.fabric.vmnet.io</c>, in messages about validity.</summary>
    public string QualifiedKind => Group.Length == 0 ? Kind : $"{Kind}.{Group}";
}
