using Fabric.Primitives;

namespace Fabric.Resources;

/// <summary>A workload names no Subnet, and none is for its namespace.</summary>
/// <param name="Namespace">Its namespace.</param>
public sealed record NoSubnetChosen(string Namespace) : Refusal
{
    /// <inheritdoc/>
    public override string Reason => nameof(NoSubnetChosen);

    /// <inheritdoc/>
    public override string Message =>
        $"It is in no Subnet: neither it nor Namespace {Namespace} has the annotation {FabricApi.SubnetAnnotation}, and no Subnet has spec.defaultFor: [{Namespace}] or spec.default: true. Do one of these.";
}
