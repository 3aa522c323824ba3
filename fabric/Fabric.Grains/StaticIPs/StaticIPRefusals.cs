using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Grains.StaticIPs;

/// <summary>A StaticIP says for nobody, or for two, what it keeps.</summary>
/// <param name="Both">Whether it names both a target and a selector.</param>
public sealed record StaticIPForNobody(bool Both) : Refusal
{
    /// <inheritdoc/>
    public override string Reason => nameof(StaticIPForNobody);

    /// <inheritdoc/>
    public override string Message => Both
        ? "Both spec.target and spec.selector are given. Leave one out: target for one VM or pod by name, selector for a group by labels."
        : "Neither spec.target nor spec.selector is given. Give one: target for one VM or pod by name, selector for a group by labels.";
}

/// <summary>A selector would choose everything.</summary>
public sealed record SelectorEmpty : Refusal
{
    /// <inheritdoc/>
    public override string Reason => nameof(SelectorEmpty);

    /// <inheritdoc/>
    public override string Message => "It has no requirement and would choose everything. Give matchLabels or matchExpressions.";
}

/// <summary>A requirement of a selector can never hold, or says values that it does not ask for.</summary>
/// <param name="Key">The label.</param>
/// <param name="Operator">What is asked of it.</param>
public sealed record SelectorUnusable(string Key, LabelOperator Operator) : Refusal
{
    /// <inheritdoc/>
    public override string Reason => nameof(SelectorUnusable);

    /// <inheritdoc/>
    public override string Message => Operator is LabelOperator.In or LabelOperator.NotIn
        ? $"{Key} {Operator} has no values. Give at least one, or use Exists or DoesNotExist."
        : $"{Key} {Operator} has values, which say nothing there. Remove them, or use In or NotIn.";
}

/// <summary>A StaticIP names neither address nor MAC.</summary>
public sealed record StaticIPKeepsNothing : Refusal
{
    /// <inheritdoc/>
    public override string Reason => nameof(StaticIPKeepsNothing);

    /// <inheritdoc/>
    public override string Message => "There is nothing to keep. Give spec.addresses, spec.macAddress, or both.";
}

/// <summary>A group would share one MAC.</summary>
public sealed record MacForGroup : Refusal
{
    /// <inheritdoc/>
    public override string Reason => nameof(MacForGroup);

    /// <inheritdoc/>
    public override string Message => "One MAC cannot be for a group. Leave it out, or make a StaticIP with spec.target for each VM.";
}

/// <summary>A StaticIP names an address twice.</summary>
/// <param name="Address">The address.</param>
public sealed record AddressTwice(IpAddress Address) : Refusal
{
    /// <inheritdoc/>
    public override string Reason => nameof(AddressTwice);

    /// <inheritdoc/>
    public override string Message => $"{Address} is named twice. Remove one.";
}

/// <summary>All addresses of a group are in use.</summary>
/// <param name="StaticIP">The StaticIP's name.</param>
/// <param name="Count">How many addresses of the family it has.</param>
public sealed record StaticIPExhausted(string StaticIP, int Count) : Refusal
{
    /// <inheritdoc/>
    public override string Reason => nameof(StaticIPExhausted);

    /// <inheritdoc/>
    public override string Message => $"All {Count} addresses of StaticIP {StaticIP} are in use by others of its group. Add addresses to it, or have fewer members.";
}
