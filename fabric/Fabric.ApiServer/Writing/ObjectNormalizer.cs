using System.Text.Json.Nodes;
using Fabric.ApiServer.Definitions;
using Fabric.ApiServer.Objects;
using Fabric.ApiServer.Requests;
using Fabric.ApiServer.Schema;

namespace Fabric.ApiServer.Writing;

/// <summary>Brings what a client sent into the form that is stored: pruned, with defaults, and valid.</summary>
internal static class ObjectNormalizer
{
    /// <summary>Changes the object in place.</summary>
    /// <param name="warnings">Receives unknown fields when they are to be warned of.</param>
    /// <exception cref="StatusException">400 for unknown fields under strict validation, 422 with every field that is wrong.</exception>
    public static void Normalize(ResourceDefinition definition, JsonObject @object, FieldValidation validation, List<string> warnings)
    {
        Prune(definition, @object, validation, warnings);
        NullPruner.Prune(definition.Schema, @object);
        SchemaDefaulter.Apply(definition.Schema, @object);
        var errors = new List<FieldError>();
        MetadataRules.Check(definition, @object, errors);
        errors.AddRange(SchemaValidator.Validate(definition.Schema, @object, FieldPath.Root));
        if (errors.Count > 0) throw StatusException.Invalid(definition, ObjectMetadata.Of(@object).Name ?? "", errors);
    }

    /// <summary>As <see cref="Normalize"/>, of an object as it is stored but for its status.</summary>
    public static void NormalizeStatus(ResourceDefinition definition, JsonObject @object, FieldValidation validation, List<string> warnings)
    {
        if (@object["status"] is not { } status || !definition.Schema.TryGetProperty("status", out var schema))
        {
            // What is missing, or what nothing is known of, concerns the whole.
            Normalize(definition, @object, validation, warnings);
            return;
        }

        var path = FieldPath.Root.Field("status");
        var unknown = new List<string>();
        SchemaPruner.Prune(schema, status, path, schema.EmbeddedResource, unknown);
        Report(unknown, validation, warnings);
        NullPruner.Prune(schema, status);
        SchemaDefaulter.Apply(schema, status);
        if (SchemaValidator.Validate(schema, status, path) is { Count: > 0 } errors) throw StatusException.Invalid(definition, ObjectMetadata.Of(@object).Name ?? "", errors);
    }

    /// <summary>Takes away unknown fields in place.</summary>
    /// <param name="warnings">Receives unknown fields when they are to be warned of.</param>
    /// <exception cref="StatusException">400 for unknown fields under strict validation.</exception>
    public static void Prune(ResourceDefinition definition, JsonObject @object, FieldValidation validation, List<string> warnings)
    {
        var unknown = new List<string>();
        MetadataRules.Prune(@object, unknown);
        SchemaPruner.Prune(definition.Schema, @object, FieldPath.Root, isRoot: true, unknown);
        Report(unknown, validation, warnings);
    }

    private static void Report(List<string> unknown, FieldValidation validation, List<string> warnings)
    {
        if (unknown.Count > 0 && validation == FieldValidation.Strict)
            throw StatusException.BadRequest("strict decoding error: " + string.Join(", ", unknown.Select(f => $"unknown field \"{f}\"")));
        if (validation == FieldValidation.Warn) warnings.AddRange(unknown.Select(f => $"unknown field \"{f}\""));
    }

    /// <summary>Checks that the body is of the kind and place that the URL says, and fills in what it leaves out.</summary>
    /// <exception cref="StatusException">400.</exception>
    public static void CheckIdentity(WriteRequest request, JsonObject @object)
    {
        var definition = request.Definition;
        if (@object["metadata"] is not (null or JsonObject)) throw StatusException.BadRequest("metadata: must be an object");
        if (@object.TextAt("kind") is not { Length: > 0 } kind) throw StatusException.BadRequest("Object 'Kind' is missing in the body of the request");
        if (kind != definition.Kind || @object.TextAt("apiVersion") != definition.ApiVersion)
        {
            throw StatusException.BadRequest(
                $"{kind} in version \"{@object.TextAt("apiVersion")}\" cannot be handled as a {definition.Kind}: the address serves {definition.ApiVersion} {definition.Kind}");
        }

        var metadata = ObjectMetadata.Of(@object);
        if (request.Name.Length > 0)
        {
            metadata.Name ??= request.Name;
            if (metadata.Name != request.Name)
                throw StatusException.BadRequest($"the name of the object ({metadata.Name}) does not match the name on the URL ({request.Name})");
        }

        if (!definition.Namespaced)
        {
            metadata.Namespace = null;
            return;
        }

        if (metadata.Namespace is null or "") metadata.Namespace = request.Namespace;
        if (metadata.Namespace != request.Namespace)
            throw StatusException.BadRequest("the namespace of the provided object does not match the namespace sent on the request");
    }
}
