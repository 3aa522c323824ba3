using Fabric.Resources;

namespace Fabric.Grains.Storage;

/// <summary>Which object is meant when one is deleted by its name.</summary>
/// <param name="Uid">The object of this uid; another one of the same name is a conflict.</param>
/// <param name="ResourceVersion">And only as it was in this version; null for any.</param>
public readonly record struct ObjectVersion(string Uid, string? ResourceVersion = null)
{
    /// <summary>An object exactly as it was read.</summary>
    public static ObjectVersion Of(IKubeObject value) => new(value.Metadata.Uid!, value.Metadata.ResourceVersion);

    /// <summary>Any version of the object of this uid.</summary>
    public static implicit operator ObjectVersion(string uid) => new(uid);
}
