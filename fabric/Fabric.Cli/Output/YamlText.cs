using System.Text.Json;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Fabric.Cli.Output;

/// <summary>Writes JSON as YAML that any reader reads back as the same JSON.</summary>
internal static class YamlText
{
    private static readonly HashSet<string> Words = new(StringComparer.OrdinalIgnoreCase) { "null", "true", "false", "yes", "no", "on", "off", "y", "n", "~" };

    /// <summary>An emitter that leaves lines as long as they are.</summary>
    public static Emitter Begin(TextWriter output) => new(output, new EmitterSettings().WithMaxSimpleKeyLength(1024).WithBestWidth(int.MaxValue));

    /// <summary>Writes one document.</summary>
    public static void Write(TextWriter output, JsonNode node)
    {
        var emitter = Begin(output);
        emitter.Emit(new StreamStart());
        emitter.Emit(new DocumentStart(version: null, tags: null, isImplicit: true));
        Emit(emitter, node);
        emitter.Emit(new DocumentEnd(isImplicit: true));
        emitter.Emit(new StreamEnd());
    }

    /// <summary>Writes a value where the emitter is.</summary>
    public static void Emit(IEmitter emitter, JsonNode? node)
    {
        switch (node)
        {
            case JsonObject map:
                emitter.Emit(new MappingStart(AnchorName.Empty, TagName.Empty, isImplicit: true, map.Count == 0 ? MappingStyle.Flow : MappingStyle.Block));
                foreach (var (key, value) in map)
                {
                    Emit(emitter, key, isKey: true);
                    Emit(emitter, value);
                }

                emitter.Emit(new MappingEnd());
                break;
            case JsonArray list:
                emitter.Emit(new SequenceStart(AnchorName.Empty, TagName.Empty, isImplicit: true, list.Count == 0 ? SequenceStyle.Flow : SequenceStyle.Block));
                foreach (var item in list)
                    Emit(emitter, item);
                emitter.Emit(new SequenceEnd());
                break;
            case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                Emit(emitter, value.GetValue<string>(), isKey: false);
                break;
            default:
                emitter.Emit(new YamlDotNet.Core.Events.Scalar(node?.ToJsonString() ?? "null"));
                break;
        }
    }

    private static void Emit(IEmitter emitter, string text, bool isKey) =>
        emitter.Emit(new YamlDotNet.Core.Events.Scalar(
            AnchorName.Empty, TagName.Empty, text, StyleOf(text, isKey), isPlainImplicit: true, isQuotedImplicit: true));

    /// <summary>Plain only where no reader, of YAML 1.1 or 1.2, could take the text for anything but a text.</summary>
    private static ScalarStyle StyleOf(string text, bool isKey)
    {
        if (!isKey && text.Contains('\n') && !text.Any(letter => char.IsControl(letter) && letter != '\n'))
            return ScalarStyle.Literal;
        return text.Length == 0 || Words.Contains(text) || MayBeNumber(text) || text.Any(char.IsControl) ? ScalarStyle.DoubleQuoted : ScalarStyle.Plain;
    }

    /// <summary>Numbers, times and YAML 1.1's base 60, which a MAC address of digits is; a dotted address or a prefix is none of them.</summary>
    private static bool MayBeNumber(string text) =>
        (char.IsAsciiDigit(text[0]) || text[0] is '+' or '-' or '.') && text.Count(letter => letter == '.') < 2;
}
