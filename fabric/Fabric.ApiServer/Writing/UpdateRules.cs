using System.Text.Json.Nodes;
using Fabric.ApiServer.Definitions;
using Fabric.ApiServer.Objects;
using Fabric.ApiServer.Requests;
using Fabric.ApiServer.Schema;
using Fabric.ApiServer.Storage;

namespace Fabric.ApiServer.Writing;

/// <summary>What an update may change, and what follows from it.</summary>
internal static class UpdateRules
{
    private const string Stale = "the object has been modified; please apply your changes to the latest version and try again";

    /// <summary>Fields of metadata that only the server writes.</summary>
    private static readonly string[] ServerFields = ["uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation", "generateName"];

    /// <exception cref="StatusException">409 for another version or uid, 422 for none where one is needed.</exception>
    public static void CheckPreconditions(ResourceDefinition definition, StoredObject stored, JsonObject next, bool isReplacement)
    {
        var metadata = ObjectMetadata.Of(next);
        if (metadata.Uid is { Length: > 0 } uid && uid != stored.Uid)
            throw StatusException.Conflict(definition, stored.Key.Name, $"Precondition failed: UID in precondition: {uid}, UID in object meta: {stored.Uid}");
        if (metadata.ResourceVersion is null or "" or "0")
        {
            if (isReplacement && !definition.Traits.UnconditionalUpdate)
                throw StatusException.Invalid(definition, stored.Key.Name, [new FieldError(FieldErrorKind.Invalid, "metadata.resourceVersion", "0x0", "must be specified for an update")]);
        }
        else if (metadata.ResourceVersion != stored.Version.ToString())
        {
            throw StatusException.Conflict(definition, stored.Key.Name, Stale);
        }
    }

    /// <summary>Puts back what the addressed resource does not write: the status, or everything but the status.</summary>
    /// <param name="old">The stored object as a tree.</param>
    /// <param name="sent">What the client wants; it is taken apart.</param>
    public static JsonObject KeepWhatIsNotWritten(ResourceDefinition definition, string? subresource, StoredObject stored, JsonObject old, JsonObject sent)
    {
        if (subresource == "status")
        {
            var next = stored.Parse();
            Set(next, "status", Take(sent, "status"));
            if (ObjectMetadata.Of(sent).ManagedFields is not null) ObjectMetadata.Of(next).Json["managedFields"] = Take(ObjectMetadata.Of(sent).Json, "managedFields");
            return next;
        }

        if (definition.HasStatus) Set(sent, "status", old["status"]?.DeepClone());
        var metadata = ObjectMetadata.Of(sent).Json;
        var before = ObjectMetadata.Of(old).Json;
        foreach (var name in ServerFields)
            Set(metadata, name, before[name]?.DeepClone());
        if (!metadata.ContainsKey("managedFields")) Set(metadata, "managedFields", before["managedFields"]?.DeepClone());
        metadata["resourceVersion"] = before["resourceVersion"]?.DeepClone();
        return sent;
    }

    /// <exception cref="StatusException">422: an object that is being deleted gets no new finalizers.</exception>
    public static void CheckFinalizers(ResourceDefinition definition, JsonObject old, JsonObject next)
    {
        var before = ObjectMetadata.Of(old);
        if (!before.IsBeingDeleted) return;
        var added = ObjectMetadata.Of(next).Finalizers.Except(before.Finalizers, StringComparer.Ordinal).ToList();
        if (added.Count == 0) return;
        throw StatusException.Invalid(definition, before.Name ?? "", [
            new FieldError(FieldErrorKind.Forbidden, "metadata.finalizers", null, $"no new finalizers can be added if the object is being deleted, found new finalizers [{string.Join(", ", added)}]"),
        ]);
    }

    /// <summary>A change of what is wished for makes a new generation; metadata and a separate status do not.</summary>
    public static void CountGeneration(ResourceDefinition definition, JsonObject old, JsonObject next)
    {
        if (!definition.Traits.HasGeneration) return;
        foreach (var name in old.Select(p => p.Key).Union(next.Select(p => p.Key), StringComparer.Ordinal))
        {
            if (name == "metadata" || (name == "status" && definition.HasStatus)) continue;
            if (JsonNode.DeepEquals(old[name], next[name])) continue;
            ObjectMetadata.Of(next).Generation = ObjectMetadata.Of(old).Generation + 1;
            return;
        }
    }

    /// <summary>Whether nothing changed; who owns which field, and since when, is no change of its own.</summary>
    public static bool IsSame(JsonObject old, JsonObject next)
    {
        if (old.Count != next.Count) return false;
        foreach (var (name, value) in old)
        {
            if (!next.TryGetPropertyValue(name, out var other)) return false;
            if (name != "metadata")
            {
                if (!JsonNode.DeepEquals(value, other)) return false;
                continue;
            }

            var (before, after) = ((JsonObject)value!, (JsonObject)other!);
            foreach (var field in before.Select(p => p.Key).Union(after.Select(p => p.Key), StringComparer.Ordinal))
            {
                var same = field == "managedFields" ? Patching.ManagedFields.SameApartFromTimes(before[field], after[field]) : JsonNode.DeepEquals(before[field], after[field]);
                if (!same) return false;
            }
        }

        return true;
    }

    /// <summary>Takes a value out of the tree it is in, so that it can be put into another.</summary>
    private static JsonNode? Take(JsonObject json, string name)
    {
        var value = json[name];
        json.Remove(name);
        return value;
    }

    private static void Set(JsonObject json, string name, JsonNode? value)
    {
        if (value is null) json.Remove(name);
        else json[name] = value;
    }
}
