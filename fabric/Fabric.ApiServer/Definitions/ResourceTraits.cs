namespace Fabric.ApiServer.Definitions;

/// <summary>How a built-in kind differs from a custom resource. All default values describe a custom resource.</summary>
internal sealed record ResourceTraits
{
    public static ResourceTraits CustomResource { get; } = new();

    /// <summary>PUT without a resourceVersion replaces whatever is there.</summary>
    public bool UnconditionalUpdate { get; init; }

    /// <summary>PUT on a name that does not exist creates it.</summary>
    public bool CreateOnUpdate { get; init; }

    /// <summary>Accepts strategic merge patches.</summary>
    public bool StrategicMergePatch { get; init; }

    /// <summary>Deletion first marks the object, and waits until its node's agent has stopped it.</summary>
    public bool GracefulDeletion { get; init; }

    /// <summary>Has <c>metadata.generation</c>.</summary>
    public bool HasGeneration { get; init; } = true;

    /// <summary>Object names must be DNS labels, not only subdomains.</summary>
    public bool NameIsLabel { get; init; }

    /// <summary>Whether the definition comes with the server rather than from a folder of CRDs.</summary>
    public bool BuiltIn { get; init; }
}
