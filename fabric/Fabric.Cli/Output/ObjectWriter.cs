using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Fabric.Cli.Output;

/// <summary>Prints objects whole, one after the other, as one of them alone or as a <c>v1 List</c>, without holding them all.</summary>
internal abstract class ObjectWriter
{
    /// <param name="yaml">YAML; otherwise JSON.</param>
    /// <param name="output">Where to.</param>
    /// <param name="asList">Whether the objects are put in a list.</param>
    public static ObjectWriter Create(bool yaml, TextWriter output, bool asList) => (yaml, asList) switch
    {
        (false, false) => new JsonDocuments(output),
        (false, true) => new JsonList(output),
        (true, false) => new YamlDocuments(output),
        (true, true) => new YamlList(output),
    };

    public abstract void Write(JsonObject @object);

    /// <summary>No more objects come.</summary>
    public virtual void End()
    {
    }

    /// <summary>As kubectl indents it.</summary>
    private static JsonWriterOptions Indented { get; } = new() { Indented = true, IndentSize = 4, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static string Json(JsonObject @object)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Indented))
            @object.WriteTo(json);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private sealed class JsonDocuments(TextWriter output) : ObjectWriter
    {
        public override void Write(JsonObject @object) => output.WriteLine(Json(@object));
    }

    private sealed class JsonList(TextWriter output) : ObjectWriter
    {
        private bool _begun;

        public override void Write(JsonObject @object)
        {
            Begin();
            output.Write(_begun ? "," : "");
            _begun = true;

            // A text in JSON has no line break of its own.
            output.Write($"\n        {Json(@object).ReplaceLineEndings("\n        ")}");
        }

        public override void End()
        {
            Begin();
            output.WriteLine((_begun ? "\n    " : "") + "],\n    \"kind\": \"List\",\n    \"metadata\": {}\n}");
        }

        private void Begin()
        {
            if (!_begun)
                output.Write("{\n    \"apiVersion\": \"v1\",\n    \"items\": [");
        }
    }

    private sealed class YamlDocuments(TextWriter output) : ObjectWriter
    {
        private bool _begun;

        public override void Write(JsonObject @object)
        {
            if (_begun)
                output.WriteLine("---");
            _begun = true;
            YamlText.Write(output, @object);
        }
    }

    private sealed class YamlList : ObjectWriter
    {
        private readonly Emitter _emitter;

        public YamlList(TextWriter output)
        {
            _emitter = YamlText.Begin(output);
            _emitter.Emit(new StreamStart());
            _emitter.Emit(new DocumentStart(version: null, tags: null, isImplicit: true));
            _emitter.Emit(new MappingStart());
            Text("apiVersion", "v1");
            _emitter.Emit(new YamlDotNet.Core.Events.Scalar("items"));
            _emitter.Emit(new SequenceStart(AnchorName.Empty, TagName.Empty, isImplicit: true, SequenceStyle.Block));
        }

        public override void Write(JsonObject @object) => YamlText.Emit(_emitter, @object);

        public override void End()
        {
            _emitter.Emit(new SequenceEnd());
            Text("kind", "List");
            _emitter.Emit(new MappingEnd());
            _emitter.Emit(new DocumentEnd(isImplicit: true));
            _emitter.Emit(new StreamEnd());
        }

        private void Text(string name, string value)
        {
            _emitter.Emit(new YamlDotNet.Core.Events.Scalar(name));
            _emitter.Emit(new YamlDotNet.Core.Events.Scalar(value));
        }
    }
}
