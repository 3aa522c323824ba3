using System.Text.Json;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Fabric.Resources.Crds;

/// <summary>Writes a definition as YAML, fields in the order they stand.</summary>
public static class CrdYaml
{
    /// <summary>The text of <paramref name="definition"/>, ending in a line break.</summary>
    public static string Write(JsonObject definition)
    {
        using var text = new StringWriter { NewLine = "\n" };
        var emitter = new Emitter(text, new EmitterSettings().WithMaxSimpleKeyLength(128).WithBestWidth(int.MaxValue));
        emitter.Emit(new StreamStart());
        emitter.Emit(new DocumentStart(version: null, tags: null, isImplicit: true));
        Emit(emitter, definition);
        emitter.Emit(new DocumentEnd(isImplicit: true));
        emitter.Emit(new StreamEnd());
        return text.ToString();
    }

    private static void Emit(Emitter emitter, JsonNode? node)
    {
        switch (node)
        {
            case JsonObject map:
                emitter.Emit(new MappingStart(AnchorName.Empty, TagName.Empty, isImplicit: true, map.Count == 0 ? MappingStyle.Flow : MappingStyle.Block));
                foreach (var (key, value) in map)
                {
                    emitter.Emit(new YamlDotNet.Core.Events.Scalar(key));
                    Emit(emitter, value);
                }

                emitter.Emit(new MappingEnd());
                break;
            case JsonArray list:
                emitter.Emit(new SequenceStart(AnchorName.Empty, TagName.Empty, isImplicit: true, SequenceStyle.Block));
                foreach (var item in list)
                {
                    Emit(emitter, item);
                }

                emitter.Emit(new SequenceEnd());
                break;
            case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                emitter.Emit(new YamlDotNet.Core.Events.Scalar(
                    AnchorName.Empty, TagName.Empty, value.GetValue<string>(), StyleOf(value.GetValue<string>()),
                    isPlainImplicit: true, isQuotedImplicit: true));
                break;
            default:
                emitter.Emit(new YamlDotNet.Core.Events.Scalar(node?.ToJsonString() ?? "null"));
                break;
        }
    }

    /// <summary>Plain only where no reader could take the text for anything but a string.</summary>
    private static ScalarStyle StyleOf(string text) =>
        text.Length > 0 && char.IsAsciiLetter(text[0]) && text is not ("true" or "false" or "null" or "yes" or "no" or "on" or "off" or "y" or "n")
            && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '/' or '_')
            ? ScalarStyle.Plain
            : ScalarStyle.DoubleQuoted;
}
