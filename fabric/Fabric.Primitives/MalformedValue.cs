namespace Fabric.Primitives;

/// <summary>A text that is no value of the kind its field asks for.</summary>
/// <param name="Value">The text, cut if it is very long.</param>
/// <param name="Noun">What was asked for, with its article: "an IP prefix".</param>
/// <param name="Problem">A clause without a full stop: "it has host bits, the network is 10.2.3.0/24".</param>
public sealed record MalformedValue(string Value, string Noun, string Problem) : Refusal
{
    /// <inheritdoc/>
    public override string Reason => nameof(MalformedValue);

    /// <inheritdoc/>
    public override string Message => TextValue.Describe(Value, Noun, Problem);
}
