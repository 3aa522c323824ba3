using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fabric.ApiServer.Objects;

namespace Fabric.ApiServer.Printing;

/// <summary>The part of JSONPath that printer columns use: fields, quoted fields, indexes, <c>[*]</c> and equality filters.</summary>
/// <remarks>https://kubernetes.io/docs/reference/kubectl/jsonpath/</remarks>
internal sealed class JsonPath
{
    private readonly ImmutableArray<Step> _steps;

    private JsonPath(ImmutableArray<Step> steps) => _steps = steps;

    /// <exception cref="FormatException">Malformed, or beyond the subset.</exception>
    public static JsonPath Parse(string text)
    {
        var scanner = new JsonPathScanner(text.Trim() is ['{', .. var inner, '}'] ? inner : text.Trim());
        return new JsonPath(scanner.Steps(nested: false));
    }

    /// <summary>Every value the path leads to, in order.</summary>
    public IReadOnlyList<JsonNode?> Select(JsonNode? root)
    {
        IReadOnlyList<JsonNode?> values = [root];
        foreach (var step in _steps)
        {
            values = [.. values.SelectMany(step.From)];
            if (values.Count == 0) break;
        }

        return values;
    }

    internal abstract record Step
    {
        public abstract IEnumerable<JsonNode?> From(JsonNode? node);
    }

    internal sealed record FieldStep(string Name) : Step
    {
        public override IEnumerable<JsonNode?> From(JsonNode? node)
            => node is JsonObject map && map.TryGetPropertyValue(Name, out var value) ? [value] : [];
    }

    internal sealed record IndexStep(int Index) : Step
    {
        public override IEnumerable<JsonNode?> From(JsonNode? node)
        {
            if (node is not JsonArray array) return [];
            var at = Index < 0 ? array.Count + Index : Index;
            return at >= 0 && at < array.Count ? [array[at]] : [];
        }
    }

    internal sealed record AllStep : Step
    {
        public override IEnumerable<JsonNode?> From(JsonNode? node) => node switch
        {
            JsonArray array => array,
            JsonObject map => map.Select(p => p.Value),
            _ => [],
        };
    }

    /// <summary><c>[?(@.type=="Ready")]</c>; without an operator the path must lead somewhere.</summary>
    internal sealed record FilterStep(JsonPath Left, string Operator, JsonNode? Right) : Step
    {
        public override IEnumerable<JsonNode?> From(JsonNode? node) => node is JsonArray array ? array.Where(Holds) : [];

        private bool Holds(JsonNode? element)
        {
            var found = Left.Select(element);
            if (Operator.Length == 0) return found.Count > 0;
            if (found.Count == 0) return false;
            if (Operator is "==" or "!=") return JsonNode.DeepEquals(found[0], Right) == (Operator == "==");
            if (Number(found[0]) is not { } left || Number(Right) is not { } right) return false;
            return Operator switch { "<" => left < right, "<=" => left <= right, ">" => left > right, _ => left >= right };
        }

        private static double? Number(JsonNode? node)
            => node is JsonValue value && value.GetValueKind() == JsonValueKind.Number && value.TryGetValue<double>(out var number) ? number : null;
    }

    /// <summary>Literals of a filter: quoted text, number, true, false.</summary>
    internal static JsonNode? Literal(string text) => text switch
    {
        "true" => JsonValue.Create(true),
        "false" => JsonValue.Create(false),
        "null" => null,
        _ => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? JsonBody.Parse(System.Text.Encoding.UTF8.GetBytes(number.ToString("R", CultureInfo.InvariantCulture)))
            : throw new FormatException($"unrecognized value {text} in a JSONPath filter"),
    };

    internal static JsonPath Of(ImmutableArray<Step> steps) => new(steps);
}
