using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fabric.Cli.Api;

namespace Fabric.Cli.Explaining;

/// <summary>The bounds of a schema in words.</summary>
internal static class FieldRules
{
    /// <summary>How numbers are kept is nothing that a user has to know.</summary>
    private static readonly HashSet<string> PlainFormats = new(StringComparer.Ordinal) { "int32", "int64", "float", "double" };

    public static IReadOnlyList<string> Of(JsonObject schema)
    {
        var rules = new List<string>();
        Add(rules, Range(schema, "minimum", "maximum", ""));
        if (Number(schema, "multipleOf") is { } step)
            rules.Add($"a multiple of {step}");
        Add(rules, Range(schema, "minLength", "maxLength", "characters"));
        Add(rules, Range(schema, "minItems", "maxItems", "entries"));
        Add(rules, Range(schema, "minProperties", "maxProperties", "entries"));
        if (schema.TextAt("format") is { } format && !PlainFormats.Contains(format))
            rules.Add($"format {format}");
        if (schema["enum"] is JsonArray words)
            rules.Add($"one of {string.Join(", ", words.Select(Text))}");
        if (schema.TextAt("pattern") is { } pattern)
            rules.Add($"matches {pattern}");
        if (schema.TextAt("x-kubernetes-list-type") is "set" || schema["uniqueItems"]?.GetValueKind() == JsonValueKind.True)
            rules.Add("no entry twice");
        if (schema.TextAt("x-kubernetes-list-type") is "map" && schema["x-kubernetes-list-map-keys"] is JsonArray keys)
            rules.Add($"one entry for each {string.Join(" and ", keys.Select(Text))}");
        foreach (var rule in schema["x-kubernetes-validations"] as JsonArray ?? [])
            Add(rules, rule.TextAt("message") ?? rule.TextAt("rule"));
        if (schema["default"] is { } fallback)
            rules.Add($"default {Text(fallback)}");
        return rules;
    }

    private static string? Range(JsonObject schema, string least, string most, string unit)
    {
        var after = unit.Length == 0 ? "" : $" {unit}";
        return (Number(schema, least), Number(schema, most)) switch
        {
            (null, null) => null,
            ({ } from, null) => $"{from}{after} or more",
            (null, { } to) => $"at most {to}{after}",
            ({ } from, { } to) => from == to ? $"exactly {to}{after}" : $"{from} to {to}{after}",
        };
    }

    private static string? Number(JsonObject schema, string name) =>
        schema[name] is JsonValue value && value.TryGetValue<double>(out var number) ? number.ToString("0.###############", CultureInfo.InvariantCulture) : null;

    private static string Text(JsonNode? value) => value.TextAt() ?? value?.ToJsonString() ?? "null";

    private static void Add(List<string> rules, string? rule)
    {
        if (rule is not null)
            rules.Add(rule);
    }
}
