using Fabric.Primitives;

namespace Fabric.Grains.Nics;

/// <summary>The Nic's namespace may not use its Subnet.</summary>
/// <param name="Namespace">The Nic's namespace.</param>
/// <param name="By">Who says so: <c>Subnet NAME</c> or <c>Vpc NAME</c>.</param>
/// <param name="Allowed">The namespaces that may.</param>
public sealed record NamespaceNotAllowed(string Namespace, string By, EquatableArray<string> Allowed) : Refusal
{
    /// <inheritdoc/>
    public override string Reason => nameof(NamespaceNotAllowed);

    /// <inheritdoc/>
    public override string Message =>
        $"{By} is for the namespaces {string.Join(", ", Allowed)} only, not for {Namespace}. Name another Subnet, or add the namespace to its spec.namespaces.";
}
