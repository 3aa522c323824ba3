using System.Globalization;
using System.Text.Json.Nodes;
using Fabric.ApiServer.Objects;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Fabric.ApiServer.Yaml;

/// <summary>YAML as Kubernetes reads it: mappings with text keys, scalars by the JSON-compatible rules.</summary>
/// <remarks>
/// Aliases are followed, but what they expand to is counted: a small document cannot become a huge object.
/// Scalars: https://yaml.org/spec/1.2.2/#103-core-schema, and YAML 1.1's yes/no/on/off, which Kubernetes' reader knows as booleans.
/// </remarks>
public static class YamlReader
{
    private const int MostNodes = 200_000;

    /// <summary>The documents of a stream; an empty document is left out.</summary>
    /// <exception cref="FormatException">Malformed, too deep or too large; says the line.</exception>
    public static IReadOnlyList<JsonNode> ReadAll(string text)
    {
        try
        {
            var parser = new Parser(new StringReader(text));
            var documents = new List<JsonNode>();
            parser.Consume<StreamStart>();
            while (!parser.TryConsume<StreamEnd>(out _))
            {
                parser.Consume<DocumentStart>();
                // Through JSON once, so that its numbers are of the same make as those of JSON bodies.
                if (new DocumentReader(parser).Read(0) is { } document) documents.Add(JsonBody.Parse(JsonBody.Serialize(document))!);
                parser.Consume<DocumentEnd>();
            }

            return documents;
        }
        catch (YamlException e)
        {
            throw new FormatException($"yaml: line {e.Start.Line}: {e.Message}", e);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or OverflowException or NotSupportedException or InvalidCastException)
        {
            // The scanner meets some malformed input with its own assertions.
            throw new FormatException($"yaml: {e.Message}", e);
        }
    }

    /// <summary>Exactly one document.</summary>
    /// <exception cref="FormatException">As <see cref="ReadAll"/>, or not one document.</exception>
    public static JsonNode ReadOne(string text)
        => ReadAll(text) is [var only] ? only : throw new FormatException("yaml: exactly one document is expected");

    private sealed class DocumentReader(IParser parser)
    {
        private readonly Dictionary<AnchorName, JsonNode?> _anchors = [];
        private int _nodes;

        public JsonNode? Read(int depth)
        {
            if (depth > JsonBody.MaxDepth) throw new FormatException($"yaml: nested deeper than {JsonBody.MaxDepth}");
            Count(1);
            if (parser.TryConsume<AnchorAlias>(out var alias))
            {
                if (!_anchors.TryGetValue(alias.Value, out var target)) throw new FormatException($"yaml: line {alias.Start.Line}: unknown anchor '{alias.Value}'");
                Count(Size(target));
                return target?.DeepClone();
            }

            if (parser.TryConsume<Scalar>(out var scalar)) return Remember(scalar.Anchor, Value(scalar));
            if (parser.TryConsume<SequenceStart>(out var sequence))
            {
                var array = new JsonArray();
                while (!parser.TryConsume<SequenceEnd>(out _))
                    array.Add(Read(depth + 1));
                return Remember(sequence.Anchor, array);
            }

            var start = parser.Consume<MappingStart>();
            return Remember(start.Anchor, Mapping(depth));
        }

        private JsonObject Mapping(int depth)
        {
            var map = new JsonObject();
            while (!parser.TryConsume<MappingEnd>(out _))
            {
                var mark = parser.Current!.Start;
                if (!parser.TryConsume<Scalar>(out var key)) throw new FormatException($"yaml: line {mark.Line}: only plain keys are supported");
                var value = Read(depth + 1);
                if (key is { Value: "<<", IsPlainImplicit: true })
                {
                    foreach (var (name, merged) in value as JsonObject ?? [])
                        map.TryAdd(name, merged?.DeepClone());
                }
                else if (!map.TryAdd(key.Value, value))
                {
                    throw new FormatException($"yaml: line {mark.Line}: key \"{key.Value}\" already set in map");
                }
            }

            return map;
        }

        private JsonNode? Remember(AnchorName anchor, JsonNode? node)
        {
            if (!anchor.IsEmpty) _anchors[anchor] = node;
            return node;
        }

        private void Count(int nodes)
        {
            _nodes += nodes;
            if (_nodes > MostNodes) throw new FormatException($"yaml: more than {MostNodes} values");
        }

        private static int Size(JsonNode? node) => node switch
        {
            JsonObject map => 1 + map.Sum(p => Size(p.Value)),
            JsonArray array => 1 + array.Sum(Size),
            _ => 1,
        };

        private static JsonNode? Value(Scalar scalar)
        {
            if (scalar.Tag is { IsEmpty: false } tag && tag.Value == "tag:yaml.org,2002:str") return scalar.Value;
            if (scalar.Style is not ScalarStyle.Plain) return scalar.Value;
            return scalar.Value switch
            {
                "" or "~" or "null" or "Null" or "NULL" => null,
                "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "on" or "On" or "ON" => true,
                "false" or "False" or "FALSE" or "no" or "No" or "NO" or "off" or "Off" or "OFF" => false,
                var text => Number(text) ?? text,
            };
        }

        private static JsonNode? Number(string text)
        {
            if (!char.IsAsciiDigit(text[0]) && text[0] is not ('-' or '+' or '.')) return null;
            if (text.StartsWith("0x", StringComparison.Ordinal))
                return long.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hex) ? hex : null;
            if (text.StartsWith("0o", StringComparison.Ordinal)) return Octal(text[2..]);
            if (text.Length > 1 && text[0] == '0' && text.All(char.IsAsciiDigit)) return Octal(text[1..]);
            if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer)) return integer;
            return double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var real) && double.IsFinite(real)
                ? real
                : null;
        }

        private static JsonNode? Octal(string digits)
        {
            long value = 0;
            foreach (var digit in digits)
            {
                if (digit is < '0' or > '7' || value > long.MaxValue >> 3) return null;
                value = (value << 3) | (uint)(digit - '0');
            }

            return digits.Length == 0 ? null : value;
        }
    }
}
