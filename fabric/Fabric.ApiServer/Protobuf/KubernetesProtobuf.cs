using System.Text.Json.Nodes;
using Fabric.ApiServer.Objects;

namespace Fabric.ApiServer.Protobuf;

/// <summary>
/// Kubernetes' protobuf bodies, as far as kubectl sends them whatever the server says: it creates namespaces, config maps
/// and access reviews in this form and has no other. Answers are always JSON, which it reads.
/// </summary>
/// <remarks>Envelope and field numbers: https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding and the generated.proto files of k8s.io/api and k8s.io/apimachinery.</remarks>
internal static class KubernetesProtobuf
{
    public const string MediaType = "application/vnd.kubernetes.protobuf";

    private static readonly ProtobufMessage Envelope = Message(
        (1, new("typeMeta", FieldKind.Message, Message: Message((1, Text("apiVersion")), (2, Text("kind"))))),
        (2, new("raw", FieldKind.Bytes)));

    private static readonly ProtobufMessage OwnerReference = Message(
        (1, Text("kind")), (3, Text("name")), (4, Text("uid")), (5, Text("apiVersion")), (6, new("controller", FieldKind.Flag)), (7, new("blockOwnerDeletion", FieldKind.Flag)));

    private static readonly ProtobufField Metadata = new("metadata", FieldKind.Message, Message: Message(
        (1, Text("name")), (2, Text("generateName")), (3, Text("namespace")), (5, Text("uid")), (6, Text("resourceVersion")), (7, new("generation", FieldKind.Integer)),
        (8, new("creationTimestamp", FieldKind.Time)), (9, new("deletionTimestamp", FieldKind.Time)), (10, new("deletionGracePeriodSeconds", FieldKind.Integer)),
        (11, new("labels", FieldKind.TextMap)), (12, new("annotations", FieldKind.TextMap)),
        (13, new("ownerReferences", FieldKind.Message, Repeated: true, OwnerReference)), (14, new("finalizers", FieldKind.Text, Repeated: true))));

    private static readonly Dictionary<(string ApiVersion, string Kind), ProtobufMessage> Kinds = new()
    {
        [("v1", "Namespace")] = Message((1, Metadata)),
        [("v1", "ConfigMap")] = Message((1, Metadata), (2, new("data", FieldKind.TextMap)), (3, new("binaryData", FieldKind.BytesMap)), (4, new("immutable", FieldKind.Flag))),
        [("v1", "DeleteOptions")] = DeleteOptions,
        [("meta.k8s.io/v1", "DeleteOptions")] = DeleteOptions,
        [("authentication.k8s.io/v1", "SelfSubjectReview")] = Message((1, Metadata)),
        [("authorization.k8s.io/v1", "SelfSubjectRulesReview")] = Message((1, Metadata), (2, new("spec", FieldKind.Message, Message: Message((1, Text("namespace")))))),
        [("authorization.k8s.io/v1", "SelfSubjectAccessReview")] = Message((1, Metadata), (2, new("spec", FieldKind.Message, Message: Message(
            (1, new("resourceAttributes", FieldKind.Message, Message: Message((1, Text("namespace")), (2, Text("verb")), (3, Text("group")), (4, Text("version")), (5, Text("resource")), (6, Text("subresource")), (7, Text("name"))))),
            (2, new("nonResourceAttributes", FieldKind.Message, Message: Message((1, Text("path")), (2, Text("verb"))))))))),
    };

    private static ProtobufMessage DeleteOptions => Message(
        (1, new("gracePeriodSeconds", FieldKind.Integer)),
        (2, new("preconditions", FieldKind.Message, Message: Message((1, Text("uid")), (2, Text("resourceVersion"))))),
        (3, new("orphanDependents", FieldKind.Flag)),
        (4, Text("propagationPolicy")),
        (5, new("dryRun", FieldKind.Text, Repeated: true)));

    /// <returns>The object as JSON, or null for a kind that is not known in this form.</returns>
    /// <exception cref="FormatException">No such body, or malformed.</exception>
    public static JsonObject? Decode(ReadOnlySpan<byte> body)
    {
        if (!body.StartsWith("k8s\0"u8)) throw new FormatException("protobuf: the body does not begin with the prefix of Kubernetes");
        var envelope = ProtobufReader.Read(body[4..], Envelope);
        var (apiVersion, kind) = (envelope.Dig("typeMeta", "apiVersion").AsText() ?? "", envelope.Dig("typeMeta", "kind").AsText() ?? "");
        if (!Kinds.TryGetValue((apiVersion, kind), out var message)) return null;
        var decoded = ProtobufReader.Read(Convert.FromBase64String(envelope.TextAt("raw") ?? ""), message);
        decoded["apiVersion"] = apiVersion;
        decoded["kind"] = kind;
        return decoded;
    }

    private static ProtobufField Text(string name) => new(name, FieldKind.Text);

    private static ProtobufMessage Message(params ReadOnlySpan<(int Number, ProtobufField Field)> fields)
    {
        var map = new Dictionary<int, ProtobufField>();
        foreach (var (number, field) in fields)
            map.Add(number, field);
        return new ProtobufMessage(map);
    }
}
