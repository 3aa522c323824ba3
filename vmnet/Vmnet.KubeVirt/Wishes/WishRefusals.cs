using Fabric.Primitives;

namespace Vmnet.KubeVirt.Wishes;

/// <summary>A wish that counts cannot be read.</summary>
/// <param name="Value">What is written, cut if it is very long.</param>
/// <param name="Problem">A clause without a full stop that says what is wrong with it.</param>
/// <param name="Remedy">A sentence that says what to write.</param>
public sealed record WishUnreadable(string Value, string Problem, string Remedy) : Refusal
{
    /// <inheritdoc/>
    public override string Reason => nameof(WishUnreadable);

    /// <inheritdoc/>
    public override string Message => $"'{Value}' cannot be read: {Problem}. {Remedy} Until it is corrected or removed, no Nic is made or changed.";
}

/// <summary>A wish that Fabric understands and does not grant.</summary>
/// <param name="Value">What is written, cut if it is very long.</param>
/// <param name="Problem">A clause without a full stop that says why not.</param>
/// <param name="Remedy">A sentence that says what to ask for in its place.</param>
public sealed record WishNotSupported(string Value, string Problem, string Remedy) : Refusal
{
    /// <inheritdoc/>
    public override string Reason => nameof(WishNotSupported);

    /// <inheritdoc/>
    public override string Message => $"'{Value}' is not granted: {Problem}. {Remedy} Until then no Nic is made or changed.";
}

/// <summary>A wish that another one contradicts, which goes before it.</summary>
/// <param name="Wish">What is wished: a value of <see cref="Fabric.Resources.WishField"/>.</param>
/// <param name="Value">What this one says, cut if it is very long.</param>
/// <param name="Winner">The field or annotation that counts.</param>
/// <param name="WinnerValue">What that one says, cut if it is very long.</param>
public sealed record WishIgnored(string Wish, string Value, string Winner, string WinnerValue) : Refusal
{
    /// <inheritdoc/>
    public override string Reason => nameof(WishIgnored);

    /// <inheritdoc/>
    public override string Message => $"{Wish} '{Value}' is ignored: {Winner} says '{WinnerValue}' and goes before it. Make them the same, or remove one of them.";
}

/// <summary>A wish in another fabric's words that Fabric does not have: the Nic is made without it.</summary>
/// <param name="Value">What is written, cut if it is very long.</param>
/// <param name="Problem">A clause without a full stop that says why not.</param>
/// <param name="Remedy">A sentence that says what to do in its place.</param>
public sealed record WishLeftOut(string Value, string Problem, string Remedy) : Refusal
{
    /// <inheritdoc/>
    public override string Reason => nameof(WishLeftOut);

    /// <inheritdoc/>
    public override string Message => $"'{Value}' is left out: {Problem}. {Remedy}";
}

/// <summary>An annotation in Fabric's name that Fabric does not have: most likely it is misspelled.</summary>
/// <param name="Known">Those that it has.</param>
public sealed record WishUnknown(EquatableArray<string> Known) : Refusal
{
    /// <inheritdoc/>
    public override string Reason => nameof(WishUnknown);

    /// <inheritdoc/>
    public override string Message => $"Nothing comes of it: there is no such annotation, only {string.Join(", ", Known)}. Correct the name or remove it.";
}

/// <summary>A wish for an interface that has no Nic.</summary>
/// <param name="Interface">The interface named.</param>
/// <param name="Others">The interfaces that have one.</param>
public sealed record WishForNoInterface(string Interface, EquatableArray<string> Others) : Refusal
{
    /// <inheritdoc/>
    public override string Reason => nameof(WishForNoInterface);

    /// <inheritdoc/>
    public override string Message => Others.IsEmpty
        ? $"Nothing comes of it: no interface is on the pod network, so none has a Nic, nor has '{Interface}'. Remove it."
        : $"Nothing comes of it: there is no interface '{Interface}' on the pod network, only {string.Join(", ", Others)}. Correct the name or remove it.";
}
