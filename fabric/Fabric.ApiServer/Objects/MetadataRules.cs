using System.Text;
using System.Text.Json.Nodes;
using Fabric.ApiServer.Definitions;
using Fabric.ApiServer.Schema;
using Fabric.ApiServer.Selectors;

namespace Fabric.ApiServer.Objects;

/// <summary>Checks <c>metadata</c>, which no kind's schema describes.</summary>
internal static class MetadataRules
{
    /// <summary>Bytes of all annotations, keys and values together.</summary>
    private const int MaxAnnotationBytes = 256 << 10;

    private static readonly FieldPath Root = FieldPath.Root.Field("metadata");

    private static readonly HashSet<string> KnownFields = new(StringComparer.Ordinal)
    {
        "name", "generateName", "namespace", "selfLink", "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp",
        "deletionGracePeriodSeconds", "labels", "annotations", "ownerReferences", "finalizers", "managedFields",
    };

    /// <summary>Takes away unknown fields of metadata and reports their paths.</summary>
    public static void Prune(JsonObject @object, List<string> unknown)
    {
        if (@object["metadata"] is not JsonObject metadata) return;
        foreach (var name in metadata.Select(p => p.Key).Where(n => !KnownFields.Contains(n)).ToList())
        {
            metadata.Remove(name);
            unknown.Add(Root.Field(name).ToString());
        }

        // Nulls mean absent: kubectl writes "creationTimestamp": null.
        foreach (var name in metadata.Where(p => p.Value is null).Select(p => p.Key).ToList())
            metadata.Remove(name);
        metadata.Remove("selfLink");
    }

    public static void Check(ResourceDefinition definition, JsonObject @object, List<FieldError> errors)
    {
        var metadata = ObjectMetadata.Of(@object);
        CheckName(definition, metadata.Name, errors);
        CheckMap(metadata.Json, "labels", errors, (path, key, value) =>
        {
            if (!Names.IsQualifiedName(key)) errors.Add(new FieldError(FieldErrorKind.Invalid, path.ToString(), Quote(key), Names.QualifiedNameRule));
            if (!Names.IsLabelValue(value)) errors.Add(new FieldError(FieldErrorKind.Invalid, path.ToString(), Quote(value), Names.LabelValueRule));
        });
        var bytes = 0L;
        CheckMap(metadata.Json, "annotations", errors, (path, key, value) =>
        {
            bytes += Encoding.UTF8.GetByteCount(key) + Encoding.UTF8.GetByteCount(value);
            if (!Names.IsQualifiedName(key.ToLowerInvariant())) errors.Add(new FieldError(FieldErrorKind.Invalid, path.ToString(), Quote(key), Names.QualifiedNameRule));
        });
        if (bytes > MaxAnnotationBytes)
            errors.Add(new FieldError(FieldErrorKind.TooLong, Root.Field("annotations").ToString(), null, $"may not be more than {MaxAnnotationBytes} bytes"));
        CheckFinalizers(metadata, errors);
        CheckOwners(metadata, errors);
    }

    private static void CheckName(ResourceDefinition definition, string? name, List<FieldError> errors)
    {
        var path = Root.Field("name").ToString();
        if (string.IsNullOrEmpty(name)) errors.Add(new FieldError(FieldErrorKind.Required, path, null, "name or generateName is required"));
        else if (name.Length > (definition.Traits.NameIsLabel ? Names.LongestLabel : Names.LongestSubdomain))
            errors.Add(new FieldError(FieldErrorKind.TooLong, path, Quote(name), $"may not be more than {(definition.Traits.NameIsLabel ? Names.LongestLabel : Names.LongestSubdomain)} characters"));
        else if (definition.Traits.NameIsLabel && !Names.IsLabel(name)) errors.Add(new FieldError(FieldErrorKind.Invalid, path, Quote(name), Names.LabelRule));
        else if (!Names.IsSubdomain(name)) errors.Add(new FieldError(FieldErrorKind.Invalid, path, Quote(name), Names.SubdomainRule));
    }

    private static void CheckMap(JsonObject metadata, string field, List<FieldError> errors, Action<FieldPath, string, string> each)
    {
        if (metadata[field] is not { } node) return;
        var path = Root.Field(field);
        if (node is not JsonObject map)
        {
            errors.Add(FieldError.Of(FieldErrorKind.TypeInvalid, path, node, "must be a map of texts"));
            return;
        }

        foreach (var (key, value) in map)
        {
            if (value.AsText() is { } text) each(path, key, text);
            else errors.Add(FieldError.Of(FieldErrorKind.TypeInvalid, path.Key(key), value, "must be text"));
        }
    }

    private static void CheckFinalizers(ObjectMetadata metadata, List<FieldError> errors)
    {
        if (metadata.Json["finalizers"] is not { } node) return;
        var path = Root.Field("finalizers");
        if (node is not JsonArray list)
        {
            errors.Add(FieldError.Of(FieldErrorKind.TypeInvalid, path, node, "must be a list of texts"));
            return;
        }

        for (var i = 0; i < list.Count; i++)
        {
            if (list[i].AsText() is not { } text) errors.Add(FieldError.Of(FieldErrorKind.TypeInvalid, path.Index(i), list[i], "must be text"));
            else if (!Names.IsQualifiedName(text)) errors.Add(new FieldError(FieldErrorKind.Invalid, path.Index(i).ToString(), Quote(text), Names.QualifiedNameRule));
        }
    }

    private static void CheckOwners(ObjectMetadata metadata, List<FieldError> errors)
    {
        if (metadata.Json["ownerReferences"] is not { } node) return;
        var path = Root.Field("ownerReferences");
        if (node is not JsonArray list)
        {
            errors.Add(FieldError.Of(FieldErrorKind.TypeInvalid, path, node, "must be a list of objects"));
            return;
        }

        var controllers = 0;
        for (var i = 0; i < list.Count; i++)
        {
            var owner = list[i] as JsonObject ?? [];
            foreach (var field in (ReadOnlySpan<string>)["apiVersion", "kind", "name", "uid"])
            {
                if (string.IsNullOrEmpty(owner.TextAt(field))) errors.Add(new FieldError(FieldErrorKind.Required, path.Index(i).Field(field).ToString(), null, "must not be empty"));
            }

            if (owner.FlagAt("controller") && ++controllers == 2)
                errors.Add(new FieldError(FieldErrorKind.Invalid, path.ToString(), null, "Only one reference can have Controller set to true."));
        }
    }

    private static string Quote(string text) => JsonBody.ToText(JsonValue.Create(text));
}
