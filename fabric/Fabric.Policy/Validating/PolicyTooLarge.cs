using Fabric.Primitives;

namespace Fabric.Policy.Validating;

/// <summary>A policy says more than the nodes of its Nics can hold. Its denials are in force, and allowances as far as there is room.</summary>
/// <param name="Problem">What is too much and what to do.</param>
public sealed record PolicyTooLarge(string Problem) : Refusal
{
    /// <inheritdoc/>
    public override string Reason => nameof(PolicyTooLarge);

    /// <inheritdoc/>
    public override string Message => Problem;
}
