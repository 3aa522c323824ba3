using Fabric.Resources;
using Fabric.Resources.Core;

namespace Fabric.Grains.Events;

/// <summary>Where grains say what people should know. Never waits and never fails.</summary>
public interface IEventSink
{
    /// <summary>Something was done.</summary>
    void Normal(ObjectReference about, string reason, string message);

    /// <summary>Something could not be granted or was not honoured.</summary>
    void Warning(ObjectReference about, string reason, string message);
}

/// <summary>Makes references to objects.</summary>
public static class ObjectReferences
{
    /// <summary>A reference to <paramref name="value"/>.</summary>
    public static ObjectReference ToReference(this IKubeObject value) => new()
    {
        ApiVersion = value.ApiVersion,
        Kind = value.Kind,
        Namespace = value.Metadata.Namespace,
        Name = value.Metadata.Name,
        Uid = value.Metadata.Uid,
    };
}
