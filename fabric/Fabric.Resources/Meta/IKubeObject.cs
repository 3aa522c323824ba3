namespace Fabric.Resources;

/// <summary>An object of the Kubernetes API: what every kind has.</summary>
public interface IKubeObject
{
    /// <summary><c>group/version</c>, or only <c>version</c> for the core group.</summary>
    string? ApiVersion { get; }

    /// <summary>The kind in CamelCase.</summary>
    string? Kind { get; }

    /// <summary>Name, identity, version and lifecycle marks.</summary>
    ObjectMeta Metadata { get; }
}
