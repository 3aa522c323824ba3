using System.Buffers;
using System.Text.Json.Nodes;
using Fabric.ApiServer.Definitions;
using Fabric.ApiServer.Objects;
using Fabric.ApiServer.Printing;
using Fabric.ApiServer.Requests;
using Fabric.ApiServer.Storage;
using Fabric.ApiServer.Watching;

namespace Fabric.ApiServer.Handlers;

/// <summary>Writes the events of one watch, one line each.</summary>
internal sealed class WatchForm
{
    private const string InitialEventsEnd = "k8s.io/initial-events-end";

    private readonly ResourceDefinition _definition;
    private readonly ObjectForm _form;
    private readonly TablePrinter? _printer;
    private bool _columnsSent;

    private WatchForm(ResourceDefinition definition, ObjectForm form, TablePrinter? printer)
    {
        _definition = definition;
        _form = form;
        _printer = printer;
    }

    public static WatchForm Of(ResourceRequest request, TimeProvider clock)
    {
        var form = request.Form;
        var included = form == ObjectForm.Table ? MediaType.Included(request.Context.Request.Query["includeObject"]) : IncludedObject.None;
        return new WatchForm(request.Definition, form, form == ObjectForm.Table ? new TablePrinter(request.Definition, clock, included) : null);
    }

    public void Write(WatchEvent seen, IBufferWriter<byte> output)
    {
        output.Write(seen.Kind switch
        {
            ChangeKind.Added => "{\"type\":\"ADDED\",\"object\":"u8,
            ChangeKind.Modified => "{\"type\":\"MODIFIED\",\"object\":"u8,
            _ => "{\"type\":\"DELETED\",\"object\":"u8,
        });
        if (_form == ObjectForm.Json) output.Write(seen.Object.Body);
        else JsonBody.Write(Transform(seen.Object.Parse()), output);
        output.Write("}\n"u8);
    }

    /// <param name="endsInitial">All that existed when the watch began has been sent.</param>
    public void WriteBookmark(long version, bool endsInitial, IBufferWriter<byte> output)
    {
        var metadata = new JsonObject { ["resourceVersion"] = version.ToString() };
        if (endsInitial) metadata["annotations"] = new JsonObject { [InitialEventsEnd] = "true" };
        var bookmark = new JsonObject { ["kind"] = _definition.Kind, ["apiVersion"] = _definition.ApiVersion, ["metadata"] = metadata };
        output.Write("{\"type\":\"BOOKMARK\",\"object\":"u8);
        JsonBody.Write(Transform(bookmark), output);
        output.Write("}\n"u8);
    }

    private JsonObject Transform(JsonObject @object)
    {
        if (_form == ObjectForm.Metadata) return TablePrinter.MetadataOnly(@object);
        if (_printer is null) return @object;
        var table = _printer.Header(new JsonObject { ["resourceVersion"] = ObjectMetadata.Of(@object).ResourceVersion }, withColumns: !_columnsSent);
        table["rows"] = new JsonArray(_printer.Row(@object));
        _columnsSent = true;
        return table;
    }
}
