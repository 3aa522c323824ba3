using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Grains.Workloads;

/// <summary>A workload asks for another Subnet than its Nic is in.</summary>
/// <param name="Nic">The Nic.</param>
/// <param name="Subnet">Where it is.</param>
/// <param name="Wanted">What is asked for now.</param>
public sealed record SubnetNotChanged(string Nic, string Subnet, string Wanted) : Refusal
{
    /// <inheritdoc/>
    public override string Reason => nameof(SubnetNotChanged);

    /// <inheritdoc/>
    public override string Message => $"Nic {Nic} stays in Subnet {Subnet}: to move it to {Wanted}, stop the workload and delete the Nic, which gives it other addresses.";
}

/// <summary>A Nic of a workload was refused what it asks for: said at the workload too, where its user looks.</summary>
/// <param name="Nic">The Nic.</param>
/// <param name="Why">The reason in its Ready condition.</param>
/// <param name="What">The message there.</param>
public sealed record NicRefused(string Nic, string Why, string What) : Refusal
{
    /// <inheritdoc/>
    public override string Reason => Why;

    /// <inheritdoc/>
    public override string Message => $"Nic {Nic}: {What}";

    /// <summary>What <paramref name="nic"/> was refused, or null.</summary>
    public static NicRefused? Of(Nic nic) =>
        nic.Status?.Conditions.Find(Condition.Ready) is { Status: "False" } ready ? new NicRefused(nic.Metadata.Name!, ready.Reason ?? "", ready.Message ?? "") : null;
}
