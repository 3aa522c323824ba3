using System.Text.Json.Nodes;
using Fabric.ApiServer.Definitions;
using Fabric.ApiServer.Objects;
using Fabric.ApiServer.Requests;
using Fabric.ApiServer.Storage;
using Fabric.ApiServer.Upkeep;

namespace Fabric.ApiServer.Writing;

/// <summary>When a deletion takes effect, and what it leaves until then.</summary>
internal static class DeletionRules
{
    /// <summary>On an owner that waits for its dependents. The value is Kubernetes' and is stored.</summary>
    public const string ForegroundFinalizer = "foregroundDeletion";

    private const long DefaultGraceSeconds = 30;

    /// <summary>Whether an object that is being deleted has nothing left to wait for.</summary>
    public static bool IsComplete(ResourceDefinition definition, JsonObject @object)
    {
        var metadata = ObjectMetadata.Of(@object);
        return metadata.IsBeingDeleted
            && !metadata.HasFinalizers
            && definition.QualifiedName != NamespaceRules.Resource
            && !(definition.Traits.GracefulDeletion && metadata.DeletionGracePeriodSeconds > 0);
    }

    /// <summary>Deletes, or marks for deletion.</summary>
    /// <exception cref="StatusException">409 when a precondition does not hold, 403 for what must stay.</exception>
    public static (StoredObject Object, bool Removed) Delete(WriteTransaction tx, ResourceDefinition definition, StoredObject stored, DeleteOptions options, DateTimeOffset now)
    {
        CheckPreconditions(definition, stored, options);
        var isNamespace = definition.QualifiedName == NamespaceRules.Resource;
        if (isNamespace && NamespaceRules.Permanent.Contains(stored.Key.Name))
            throw StatusException.Forbidden(definition, stored.Key.Name, "this namespace may not be deleted");

        var next = stored.Parse();
        var metadata = ObjectMetadata.Of(next);
        if (options.Policy == Propagation.Orphan) Orphan(tx, stored.Uid);
        SetForegroundFinalizer(metadata, options.Policy);
        var grace = definition.Traits.GracefulDeletion ? GraceSeconds(next, options) : 0;
        if (!metadata.HasFinalizers && !isNamespace && grace == 0) return (tx.Remove(stored, next), true);

        var shortened = !metadata.IsBeingDeleted || grace < metadata.DeletionGracePeriodSeconds;
        if (shortened)
        {
            metadata.SetTime("deletionTimestamp", now.AddSeconds(grace));
            metadata.DeletionGracePeriodSeconds = grace;
            if (definition.Traits.HasGeneration) metadata.Generation++;
            if (isNamespace) NamespaceRules.MarkTerminating(next);
        }

        if (JsonNode.DeepEquals(next, stored.Parse())) return (stored, false);
        tx.AddUpkeep(isNamespace ? UpkeepTask.Namespace(stored.Key.Name) : UpkeepTask.Owner(stored.Uid));
        return (tx.Replace(stored, next), false);
    }

    /// <summary>Takes the references to an owner away from all its dependents.</summary>
    public static void Orphan(WriteTransaction tx, string ownerUid)
    {
        foreach (var dependent in tx.DependentsOf(ownerUid))
        {
            var next = dependent.Parse();
            RemoveOwners(next, uid => uid == ownerUid);
            tx.Replace(dependent, next);
        }
    }

    public static void RemoveOwners(JsonObject @object, Predicate<string> isGone)
    {
        var metadata = ObjectMetadata.Of(@object).Json;
        if (metadata.ArrayAt("ownerReferences") is not { } references) return;
        var kept = references.Where(r => !isGone((r as JsonObject)?.TextAt("uid") ?? "")).Select(r => r?.DeepClone()).ToArray();
        if (kept.Length == 0) metadata.Remove("ownerReferences");
        else metadata["ownerReferences"] = new JsonArray(kept);
    }

    private static void CheckPreconditions(ResourceDefinition definition, StoredObject stored, DeleteOptions options)
    {
        if (options.Uid is { } uid && uid != stored.Uid)
            throw StatusException.Conflict(definition, stored.Key.Name, $"Precondition failed: UID in precondition: {uid}, UID in object meta: {stored.Uid}");
        if (options.ResourceVersion is { } version && version != stored.Version.ToString())
            throw StatusException.Conflict(definition, stored.Key.Name, $"Precondition failed: ResourceVersion in precondition: {version}, ResourceVersion in object meta: {stored.Version}");
    }

    private static void SetForegroundFinalizer(ObjectMetadata metadata, Propagation? policy)
    {
        if (policy is null) return;
        var finalizers = metadata.Finalizers.Where(f => f != ForegroundFinalizer).ToList();
        if (policy == Propagation.Foreground) finalizers.Add(ForegroundFinalizer);
        metadata.SetFinalizers(finalizers);
    }

    /// <summary>A pod that no node runs, or that has ended, has nothing to stop.</summary>
    private static long GraceSeconds(JsonObject pod, DeleteOptions options)
    {
        if (string.IsNullOrEmpty(pod.Dig("spec", "nodeName").AsText()) || pod.Dig("status", "phase").AsText() is "Succeeded" or "Failed") return 0;
        return options.GracePeriodSeconds ?? (pod["spec"] as JsonObject)?.IntegerAt("terminationGracePeriodSeconds") ?? DefaultGraceSeconds;
    }
}
