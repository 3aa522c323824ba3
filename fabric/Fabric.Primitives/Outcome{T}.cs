using System.Diagnostics.CodeAnalysis;

namespace Fabric.Primitives;

/// <summary>
/// What became of a request: a value, or the <see cref="Refusal"/> that stands in its place. Both convert implicitly,
/// so a method returns either as it is. <c>default</c> is neither and only ever a bug.
/// </summary>
/// <typeparam name="T">What a granted request yields.</typeparam>
public readonly record struct Outcome<T>
    where T : notnull
{
    private readonly T? _value;

    internal Outcome(T value) => _value = value;

    private Outcome(Refusal refusal) => Refusal = refusal;

    /// <summary>Why the request was refused, or null if it was granted.</summary>
    public Refusal? Refusal { get; }

    /// <summary>Whether there is a value.</summary>
    [MemberNotNullWhen(false, nameof(Refusal))]
    public bool IsGranted => Refusal is null;

    /// <summary>The value of a granted request.</summary>
    /// <exception cref="InvalidOperationException">The request was refused; ask before taking.</exception>
    public T Value => IsGranted && _value is not null
        ? _value
        : throw new InvalidOperationException($"There is no value: {Refusal?.ToString() ?? "the outcome is unset"}");

    /// <summary>Takes the value or the refusal, in the one branch that has it.</summary>
    /// <returns>Whether the request was granted.</returns>
    public bool TryGet([MaybeNullWhen(false)] out T value, [NotNullWhen(false)] out Refusal? refusal)
    {
        refusal = Refusal;
        value = IsGranted ? Value : default;
        return IsGranted;
    }

    /// <summary>The value's or the refusal's text.</summary>
    public override string ToString() => (IsGranted ? _value?.ToString() : Refusal.ToString()) ?? "";

    /// <summary>A granted request.</summary>
    public static implicit operator Outcome<T>(T value) => new(value);

    /// <summary>A refused request.</summary>
    public static implicit operator Outcome<T>(Refusal refusal)
    {
        ArgumentNullException.ThrowIfNull(refusal);
        return new(refusal);
    }
}
