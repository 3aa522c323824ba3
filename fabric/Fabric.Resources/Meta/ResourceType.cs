using System.Text.Json.Serialization.Metadata;

namespace Fabric.Resources;

/// <summary>How a kind is addressed in the Kubernetes API and read as <typeparamref name="T"/>.</summary>
/// <param name="Group">API group; empty for the core group.</param>
/// <param name="Version">Version served, such as <c>v1alpha1</c>.</param>
/// <param name="Kind">CamelCase kind.</param>
/// <param name="Plural">Lower-case plural, the word in the path.</param>
/// <param name="Namespaced">Whether objects live in a namespace.</param>
/// <param name="HasStatus">Whether <c>/status</c> is a subresource: then status is written only there.</param>
/// <param name="Json">How one object is read and written.</param>
/// <param name="ListJson">How a page of objects is read.</param>
public sealed record ResourceType<T>(
    string Group,
    string Version,
    string Kind,
    string Plural,
    bool Namespaced,
    bool HasStatus,
    JsonTypeInfo<T> Json,
    JsonTypeInfo<KubeList<T>> ListJson)
    where T : class, IKubeObject
{
    /// <summary><c>group/version</c>, or only the version for the core group.</summary>
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>The path of the collection over all namespaces: <c>/api/v1/pods</c>, <c>/apis/G/V/plural</c>.</summary>
    public string CollectionPath() => $"{Root}/{Plural}";

    /// <summary>The path of the collection in one namespace, or of the cluster when it is null.</summary>
    public string CollectionPath(string? @namespace) =>
        @namespace is null ? CollectionPath() : $"{Root}/namespaces/{Uri.EscapeDataString(@namespace)}/{Plural}";

    /// <summary>The path of one object.</summary>
    public string ObjectPath(ObjectKey key) =>
        $"{CollectionPath(Namespaced ? key.Namespace : null)}/{Uri.EscapeDataString(key.Name)}";

    /// <summary>The key of <paramref name="value"/>.</summary>
    public ObjectKey KeyOf(T value) =>
        new(Namespaced ? value.Metadata.Namespace ?? "default" : null, value.Metadata.Name ?? "");

    private string Root => Group.Length == 0 ? $"/api/{Version}" : $"/apis/{Group}/{Version}";
}
