using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using Fabric.ApiServer.Objects;
using Fabric.ApiServer.Printing;
using Fabric.ApiServer.Requests;
using Fabric.ApiServer.Storage;

namespace Fabric.ApiServer.Handlers;

/// <summary>How a list begins and how each of its items is written.</summary>
internal abstract class ListForm
{
    /// <summary>Everything up to the first item.</summary>
    public required byte[] Opening { get; init; }

    public abstract void WriteItem(StoredObject stored, IBufferWriter<byte> output);

    public static ListForm Of(ResourceRequest request, TimeProvider clock)
    {
        var definition = request.Definition;
        switch (request.Form)
        {
            case ObjectForm.Table:
                var printer = new TablePrinter(definition, clock, MediaType.Included(request.Context.Request.Query["includeObject"]));
                var header = printer.Header([]);
                header.Remove("metadata");
                return new Rows(printer) { Opening = Open(header, "rows") };
            case ObjectForm.Metadata:
                return new Metadata { Opening = Open(new JsonObject { ["kind"] = "PartialObjectMetadataList", ["apiVersion"] = "meta.k8s.io/v1" }, "items") };
            default:
                return new Whole { Opening = Open(new JsonObject { ["kind"] = definition.ListKind, ["apiVersion"] = definition.ApiVersion }, "items") };
        }
    }

    private static byte[] Open(JsonObject header, string items)
    {
        var text = JsonBody.ToText(header);
        return Encoding.UTF8.GetBytes($"{text[..^1]},\"{items}\":[");
    }

    private sealed class Whole : ListForm
    {
        public override void WriteItem(StoredObject stored, IBufferWriter<byte> output) => output.Write(stored.Body);
    }

    private sealed class Metadata : ListForm
    {
        public override void WriteItem(StoredObject stored, IBufferWriter<byte> output) => JsonBody.Write(TablePrinter.MetadataOnly(stored.Parse()), output);
    }

    private sealed class Rows(TablePrinter printer) : ListForm
    {
        public override void WriteItem(StoredObject stored, IBufferWriter<byte> output) => JsonBody.Write(printer.Row(stored.Parse()), output);
    }
}
