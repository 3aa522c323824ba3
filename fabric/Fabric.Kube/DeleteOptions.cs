namespace Fabric.Kube;

/// <summary>Conditions and manner of a delete (meta/v1 DeleteOptions).</summary>
public sealed record DeleteOptions
{
    /// <summary>Delete only the object with this uid; another one of the same name is a conflict.</summary>
    public string? Uid { get; init; }

    /// <summary>Delete only this version of the object.</summary>
    public string? ResourceVersion { get; init; }

    /// <summary>Seconds left to the object's processes; 0 is at once; null is the type's default.</summary>
    public int? GracePeriodSeconds { get; init; }

    /// <summary>What happens to objects owned by this one.</summary>
    public DeletePropagation? Propagation { get; init; }

    internal byte[] ToJson()
    {
        using var stream = new MemoryStream();
        using (var writer = new System.Text.Json.Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteString("apiVersion", "v1");
            writer.WriteString("kind", "DeleteOptions");
            if (GracePeriodSeconds is { } grace)
                writer.WriteNumber("gracePeriodSeconds", grace);
            if (Propagation is { } propagation)
                writer.WriteString("propagationPolicy", propagation.ToString());
            if (Uid is not null || ResourceVersion is not null)
            {
                writer.WriteStartObject("preconditions");
                if (Uid is not null)
                    writer.WriteString("uid", Uid);
                if (ResourceVersion is not null)
                    writer.WriteString("resourceVersion", ResourceVersion);
                writer.WriteEndObject();
            }
            writer.WriteEndObject();
        }
        return stream.ToArray();
    }
}

/// <summary>What happens to owned objects; the names are the API's own.</summary>
public enum DeletePropagation
{
    /// <summary>The object goes at once, the owned ones afterwards.</summary>
    Background,

    /// <summary>The owned ones go first; the object waits for them.</summary>
    Foreground,

    /// <summary>The owned ones stay.</summary>
    Orphan,
}
