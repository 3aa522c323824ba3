using Fabric.ApiServer.Definitions;
using Fabric.ApiServer.Selectors;
using Fabric.ApiServer.Storage;

namespace Fabric.ApiServer.Watching;

/// <summary>What of a resource a list or watch is about.</summary>
internal sealed class ChangeFilter(ResourceDefinition definition, string? @namespace, LabelSelector labels, FieldSelector fields)
{
    private readonly string? _name = fields.Exactly("metadata.name");
    private readonly bool _selects = !labels.IsEverything || !fields.IsEverything;

    public ResourceDefinition Definition { get; } = definition;

    /// <summary>Null for all.</summary>
    public string? Namespace { get; } = @namespace ?? fields.Exactly("metadata.namespace");

    /// <summary>A field and the one value it must have, the field that tells most; null when there is none.</summary>
    public (string Field, string Value)? Selects { get; } = fields.Requirements.Where(r => !r.Negated).OrderBy(Breadth).FirstOrDefault() is { } exact ? (exact.Field, exact.Value) : null;

    /// <summary>The one object that can match; null when there may be more.</summary>
    public ObjectKey? Only => _name is null || (Namespace is null && Definition.Namespaced) ? null : new ObjectKey(Definition.QualifiedName, Namespace ?? "", _name);

    public bool Matches(StoredObject stored)
    {
        if (Namespace is not null && stored.Key.Namespace != Namespace) return false;
        if (_name is not null && stored.Key.Name != _name) return false;
        if (!_selects) return true;
        var attributes = stored.AttributesFor(Definition);
        return labels.Matches(attributes.Labels) && fields.Matches(attributes.Fields);
    }

    private static int Breadth(FieldRequirement requirement) => requirement.Field switch { "metadata.name" => 0, "metadata.namespace" => 2, _ => 1 };

    /// <summary>The change as this watch sees it: an object that leaves the selection is deleted, one that enters is added.</summary>
    /// <returns>Null when it is no concern of this watch.</returns>
    public WatchEvent? Translate(Change change)
    {
        if (Namespace is not null && change.Key.Namespace != Namespace) return null;
        if (_name is not null && change.Key.Name != _name) return null;
        var now = change.Kind != ChangeKind.Deleted && Matches(change.Object);
        var before = change.Previous is not null && Matches(change.Previous);
        return (before, now) switch
        {
            (false, true) => new WatchEvent(ChangeKind.Added, change.Object),
            (true, true) => new WatchEvent(ChangeKind.Modified, change.Object),
            (true, false) => new WatchEvent(ChangeKind.Deleted, change.Object),
            _ => null,
        };
    }
}

/// <summary>One event of a watch.</summary>
internal readonly record struct WatchEvent(ChangeKind Kind, StoredObject Object);
