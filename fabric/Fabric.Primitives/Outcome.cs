namespace Fabric.Primitives;

/// <summary>Makes outcomes where the conversions of <see cref="Outcome{T}"/> cannot.</summary>
public static class Outcome
{
    /// <summary>An outcome with a value; needed only where <typeparamref name="T"/> is an interface.</summary>
    public static Outcome<T> Granted<T>(T value) where T : notnull => new(value);

    /// <summary>Reads a value from a field of a request.</summary>
    /// <param name="text">The field's text.</param>
    /// <param name="field">The field's path from the object's root.</param>
    /// <returns>The value, or a <see cref="MalformedValue"/>.</returns>
    public static Outcome<T> Parse<T>(ReadOnlySpan<char> text, string? field = null)
        where T : struct, ITextValue<T> =>
        T.TryParse(text, out var value, out var problem)
            ? new Outcome<T>(value)
            : new MalformedValue(TextValue.Quote(text), T.Noun, problem) { Field = field };
}
