using System.Text.Json.Nodes;
using Fabric.ApiServer.Objects;

namespace Fabric.ApiServer.Schema;

/// <summary>
/// Holds fields to the value they were created with: the transition rule <c>self == oldSelf</c> of
/// <c>x-kubernetes-validations</c>. It is the one rule of the Common Expression Language that is enforced here; a real
/// kube-apiserver enforces all of them.
/// </summary>
/// <remarks>
/// As in Kubernetes a transition rule asks only of fields that are there before and after, and not inside lists that are
/// no maps: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#transition-rules
/// </remarks>
internal static class ImmutableFields
{
    private const string Rule = "self == oldSelf";

    /// <summary>Every immutable field whose value differs.</summary>
    public static IReadOnlyList<FieldError> Check(SchemaNode schema, JsonNode? old, JsonNode? next)
    {
        var errors = new List<FieldError>();
        Check(schema, old, next, FieldPath.Root, errors);
        return errors;
    }

    private static void Check(SchemaNode schema, JsonNode? old, JsonNode? next, FieldPath path, List<FieldError> errors)
    {
        if (old is null || next is null) return;
        if (schema.ImmutableMessage is { } message && !JsonNode.DeepEquals(old, next))
        {
            errors.Add(new FieldError(FieldErrorKind.Invalid, path.ToString(), next.ToJsonString(), message));
            return;
        }

        if (old is not JsonObject before || next is not JsonObject after) return;
        foreach (var (name, property) in schema.Immutable)
            Check(property, before[name], after[name], path.Field(name), errors);
    }

    /// <summary>The message of the rule in a schema node, or null when the node has no such rule.</summary>
    public static string? MessageOf(JsonObject json) => json.ArrayAt("x-kubernetes-validations")?
        .OfType<JsonObject>()
        .Where(rule => rule.TextAt("rule") == Rule)
        .Select(rule => rule.TextAt("message") ?? "cannot be changed")
        .FirstOrDefault();
}
