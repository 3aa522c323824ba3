using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Fabric.ApiServer.Objects;

namespace Fabric.ApiServer.Schema;

/// <summary>Checks a value against a structural schema and collects everything that is wrong.</summary>
internal sealed class SchemaValidator
{
    /// <summary>Errors reported at once; more would not be read.</summary>
    private const int MostErrors = 50;

    private readonly List<FieldError> _errors = [];

    public static IReadOnlyList<FieldError> Validate(SchemaNode schema, JsonNode? value, FieldPath path)
    {
        var validator = new SchemaValidator();
        validator.Check(schema, value, path);
        return validator._errors;
    }

    private void Check(SchemaNode schema, JsonNode? value, FieldPath path)
    {
        if (_errors.Count >= MostErrors) return;
        if (value is null)
        {
            if (!schema.Nullable && (schema.Type is not null || schema.IntOrString))
                Add(FieldErrorKind.TypeInvalid, path, null, $"{path} in body must be of type {schema.Type ?? "integer or string"}: \"null\"");
            return;
        }

        if (!HasType(schema, value))
        {
            var wanted = schema.IntOrString ? "integer or string" : schema.Type;
            Add(FieldErrorKind.TypeInvalid, path, value, $"{path} in body must be of type {wanted}: \"{TypeName(value)}\"");
            return;
        }

        if (!schema.Enum.IsEmpty && !schema.Enum.Any(e => JsonNode.DeepEquals(e, value)))
            Add(FieldErrorKind.NotSupported, path, value, "supported values: " + string.Join(", ", schema.Enum.Select(JsonBody.ToText)));
        switch (value)
        {
            case JsonObject map:
                CheckObject(schema, map, path);
                break;
            case JsonArray array:
                CheckArray(schema, array, path);
                break;
            case JsonValue scalar when scalar.GetValueKind() == JsonValueKind.String:
                CheckText(schema, scalar.GetValue<string>(), scalar, path);
                break;
            case JsonValue scalar when scalar.GetValueKind() == JsonValueKind.Number:
                CheckNumber(schema, scalar, path);
                break;
        }
    }

    private void CheckObject(SchemaNode schema, JsonObject map, FieldPath path)
    {
        foreach (var name in schema.Required)
        {
            if (!map.ContainsKey(name)) Add(FieldErrorKind.Required, path.Field(name), null, Purpose(schema.Properties.GetValueOrDefault(name)));
        }

        if (map.Count < schema.MinProperties) Add(FieldErrorKind.Invalid, path, map, $"{path} in body should have at least {schema.MinProperties} properties");
        if (map.Count > schema.MaxProperties) Add(FieldErrorKind.TooMany, path, JsonValue.Create(map.Count), $"must have at most {schema.MaxProperties} items");
        for (var i = 0; i < map.Count; i++)
        {
            var (name, value) = map.GetAt(i);
            if (schema.TryGetProperty(name, out var property)) Check(property, value, path.Field(name));
            else if (schema.AdditionalProperties is { } additional) Check(additional, value, path.Key(name));
        }
    }

    private void CheckArray(SchemaNode schema, JsonArray array, FieldPath path)
    {
        if (array.Count < schema.MinItems) Add(FieldErrorKind.Invalid, path, JsonValue.Create(array.Count), $"{path} in body should have at least {schema.MinItems} items");
        if (array.Count > schema.MaxItems)
        {
            Add(FieldErrorKind.TooMany, path, JsonValue.Create(array.Count), $"must have at most {schema.MaxItems} items");
            return;
        }

        if (schema.Items is { } items)
        {
            for (var i = 0; i < array.Count; i++)
                Check(items, array[i], path.Index(i));
        }

        if (schema.List == ListKind.Map) CheckUnique(array, path, i => ListKeys.OfElement(schema, array[i]));
        else if (schema.List == ListKind.Set || schema.UniqueItems) CheckUnique(array, path, i => JsonBody.ToText(array[i]));
    }

    private void CheckUnique(JsonArray array, FieldPath path, Func<int, string?> key)
    {
        if (array.Count < 2) return;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < array.Count; i++)
        {
            if (key(i) is { } k && !seen.Add(k))
                _errors.Add(new FieldError(FieldErrorKind.Duplicate, path.Index(i).ToString(), k, ""));
        }
    }

    private void CheckText(SchemaNode schema, string text, JsonValue value, FieldPath path)
    {
        var length = LengthOf(text, schema);
        if (length < schema.MinLength) Add(FieldErrorKind.Invalid, path, value, $"{path} in body should be at least {schema.MinLength} chars long");
        if (length > schema.MaxLength)
        {
            _errors.Add(new FieldError(FieldErrorKind.TooLong, path.ToString(), null, $"may not be more than {schema.MaxLength} characters"));
            return;
        }

        if (schema.Pattern is { } pattern && !Matches(pattern, text)) Add(FieldErrorKind.Invalid, path, value, Explained(schema, $"{path} in body should match '{pattern}'"));
        if (schema.Format is { } format && !Formats.IsValid(format, text)) Add(FieldErrorKind.Invalid, path, value, Explained(schema, $"{path} in body must be of type {format}"));
    }

    /// <summary>What is wrong, and what the field is for: a pattern or a format tells few people what to write.</summary>
    private static string Explained(SchemaNode schema, string problem) => Purpose(schema) is { Length: > 0 } purpose ? $"{problem}. {purpose}" : problem;

    /// <summary>The first sentence of a field's description; empty when there is none.</summary>
    private static string Purpose(SchemaNode? schema)
    {
        var text = schema?.Description ?? "";
        var end = text.IndexOf(". ", StringComparison.Ordinal);
        return end < 0 ? text : text[..end];
    }

    private void CheckNumber(SchemaNode schema, JsonValue value, FieldPath path)
    {
        if (!value.TryGetValue<double>(out var number)) return;
        if (schema.Minimum is { } least && (schema.ExclusiveMinimum ? number <= least : number < least))
            Add(FieldErrorKind.Invalid, path, value, $"{path} in body should be greater than {(schema.ExclusiveMinimum ? "" : "or equal to ")}{least}");
        if (schema.Maximum is { } most && (schema.ExclusiveMaximum ? number >= most : number > most))
            Add(FieldErrorKind.Invalid, path, value, $"{path} in body should be less than {(schema.ExclusiveMaximum ? "" : "or equal to ")}{most}");
        if (schema.MultipleOf is > 0 and var step && Math.Abs(Math.IEEERemainder(number, step)) > 1e-9)
            Add(FieldErrorKind.Invalid, path, value, $"{path} in body should be a multiple of {step}");
        if (schema.Format == "int32" && (number < int.MinValue || number > int.MaxValue))
            Add(FieldErrorKind.Invalid, path, value, $"{path} in body must be of type int32");
    }

    /// <summary>In characters as Unicode counts them, which matters only where there are limits.</summary>
    private static int LengthOf(string text, SchemaNode schema)
    {
        if (schema.MinLength is null && schema.MaxLength is null) return 0;
        var length = text.Length;
        foreach (var unit in text)
        {
            if (char.IsLowSurrogate(unit)) length--;
        }

        return length;
    }

    private static bool HasType(SchemaNode schema, JsonNode value)
    {
        if (schema.IntOrString) return IsText(value) || IsInteger(value);
        return schema.Type switch
        {
            "object" => value is JsonObject,
            "array" => value is JsonArray,
            "string" => IsText(value),
            "integer" => IsInteger(value),
            "number" => value is JsonValue v && v.GetValueKind() == JsonValueKind.Number,
            "boolean" => value is JsonValue v && v.GetValueKind() is JsonValueKind.True or JsonValueKind.False,
            _ => true,
        };
    }

    private static bool IsText(JsonNode value) => value is JsonValue v && v.GetValueKind() == JsonValueKind.String;

    private static bool IsInteger(JsonNode value)
        => value is JsonValue v && v.GetValueKind() == JsonValueKind.Number
            && (v.TryGetValue<long>(out _) || (v.TryGetValue<double>(out var real) && double.IsInteger(real) && Math.Abs(real) < 1e18));

    private static string TypeName(JsonNode value) => value switch
    {
        JsonObject => "object",
        JsonArray => "array",
        _ => value.GetValueKind() switch
        {
            JsonValueKind.String => "string",
            JsonValueKind.Number => IsInteger(value) ? "integer" : "number",
            _ => "boolean",
        },
    };

    private static bool Matches(Regex pattern, string text)
    {
        try
        {
            return pattern.IsMatch(text);
        }
        catch (RegexMatchTimeoutException)
        {
            return false;
        }
    }

    private void Add(FieldErrorKind kind, FieldPath path, JsonNode? value, string detail) => _errors.Add(FieldError.Of(kind, path, value, detail));
}
