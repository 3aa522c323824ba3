namespace Fabric.ApiServer.Protobuf;

/// <summary>How a protobuf field is turned into JSON.</summary>
internal enum FieldKind
{
    Text,
    Integer,
    Flag,

    /// <summary>Bytes, base64 in JSON.</summary>
    Bytes,

    /// <summary>metav1.Time: seconds in field 1.</summary>
    Time,
    TextMap,
    BytesMap,
    Message,
}

/// <summary>One field of a message.</summary>
/// <param name="Name">As in JSON.</param>
internal sealed record ProtobufField(string Name, FieldKind Kind, bool Repeated = false, ProtobufMessage? Message = null);

/// <summary>The fields of a message by their numbers.</summary>
internal sealed record ProtobufMessage(IReadOnlyDictionary<int, ProtobufField> Fields);
