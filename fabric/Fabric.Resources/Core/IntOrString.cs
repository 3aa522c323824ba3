using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fabric.Resources.Core;

/// <summary>A number or a name (Kubernetes <c>util/intstr IntOrString</c>).</summary>
/// <param name="Number">The number, when it is one.</param>
/// <param name="Name">The name, when it is one.</param>
[JsonConverter(typeof(IntOrStringConverter))]
public readonly record struct IntOrString(int Number, string? Name)
{
    /// <summary>A number.</summary>
    public static IntOrString Of(int number) => new(number, null);

    /// <summary>A name.</summary>
    public static IntOrString Of(string name) => new(0, name);

    /// <inheritdoc/>
    public override string ToString() => Name ?? Number.ToString();
}

/// <summary>Reads and writes a number as a JSON number and a name as a string.</summary>
public sealed class IntOrStringConverter : JsonConverter<IntOrString>
{
    /// <inheritdoc/>
    public override IntOrString Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.Number when reader.TryGetInt32(out var number) => IntOrString.Of(number),
        JsonTokenType.String => IntOrString.Of(reader.GetString()!),
        _ => throw new JsonException("must be a whole number or a name"),
    };

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, IntOrString value, JsonSerializerOptions options)
    {
        if (value.Name is { } name)
        {
            writer.WriteStringValue(name);
        }
        else
        {
            writer.WriteNumberValue(value.Number);
        }
    }
}
