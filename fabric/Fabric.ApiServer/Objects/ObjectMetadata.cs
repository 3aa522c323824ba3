using System.Globalization;
using System.Text.Json.Nodes;

namespace Fabric.ApiServer.Objects;

/// <summary>One entry of <c>metadata.ownerReferences</c>.</summary>
internal readonly record struct OwnerReference(string ApiVersion, string Kind, string Name, string Uid, bool BlockOwnerDeletion);

/// <summary>An object's <c>metadata</c>, read and written in place.</summary>
internal readonly struct ObjectMetadata
{
    private readonly JsonObject _json;

    private ObjectMetadata(JsonObject json) => _json = json;

    public static ObjectMetadata Of(JsonObject @object) => new(@object.EnsureObject("metadata"));

    public JsonObject Json => _json;

    public string? Name { get => _json.TextAt("name"); set => Set("name", value); }

    public string? GenerateName => _json.TextAt("generateName");

    public string? Namespace { get => _json.TextAt("namespace"); set => Set("namespace", value); }

    public string? Uid { get => _json.TextAt("uid"); set => Set("uid", value); }

    public string? ResourceVersion { get => _json.TextAt("resourceVersion"); set => Set("resourceVersion", value); }

    public long Generation { get => _json.IntegerAt("generation") ?? 0; set => _json["generation"] = value; }

    public string? DeletionTimestamp => _json.TextAt("deletionTimestamp");

    public bool IsBeingDeleted => DeletionTimestamp is not null;

    /// <summary>Seconds; null unless deletion was asked for.</summary>
    public long? DeletionGracePeriodSeconds { get => _json.IntegerAt("deletionGracePeriodSeconds"); set => _json["deletionGracePeriodSeconds"] = value; }

    public JsonArray? ManagedFields => _json.ArrayAt("managedFields");

    public IEnumerable<string> Finalizers => _json.ArrayAt("finalizers")?.Select(f => f.AsText()).OfType<string>() ?? [];

    public bool HasFinalizers => _json.ArrayAt("finalizers") is { Count: > 0 };

    public IEnumerable<OwnerReference> OwnerReferences
        => _json.ArrayAt("ownerReferences")?.OfType<JsonObject>().Select(Owner).Where(o => o.Uid.Length > 0) ?? [];

    public void SetTime(string name, DateTimeOffset time) => _json[name] = Timestamp(time);

    public void SetFinalizers(IReadOnlyCollection<string> finalizers)
    {
        if (finalizers.Count == 0) _json.Remove("finalizers");
        else _json["finalizers"] = finalizers.ToJsonArray();
    }

    /// <summary>A metav1.Time: UTC, whole seconds.</summary>
    public static string Timestamp(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static OwnerReference Owner(JsonObject json) => new(
        json.TextAt("apiVersion") ?? "",
        json.TextAt("kind") ?? "",
        json.TextAt("name") ?? "",
        json.TextAt("uid") ?? "",
        json.FlagAt("blockOwnerDeletion"));

    private void Set(string name, string? value)
    {
        if (value is null) _json.Remove(name);
        else _json[name] = value;
    }
}
