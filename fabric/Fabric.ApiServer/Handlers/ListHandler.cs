using System.Buffers;
using System.Text.Json.Nodes;
using Fabric.ApiServer.Objects;
using Fabric.ApiServer.Requests;
using Fabric.ApiServer.Storage;

namespace Fabric.ApiServer.Handlers;

/// <summary>Answers with a list, written as it is read: a list of everything is never in memory at once.</summary>
internal sealed class ListHandler(ObjectStore store, TimeProvider clock)
{
    /// <summary>Bytes gathered before they are handed to the connection.</summary>
    private const int FlushBytes = 64 << 10;

    /// <summary>A whole list must be read within this time, as in Kubernetes; its snapshot holds SQLite's log back.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    public async Task ListAsync(ResourceRequest request, ListOptions options)
    {
        using var timeout = new CancellationTokenSource(Deadline, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(request.Aborted, timeout.Token);
        using var reader = await ListReader.OpenAsync(store, options, both.Token);
        var form = ListForm.Of(request, clock);
        request.Context.Response.ContentType = MediaType.Json;
        request.Context.Response.Headers.CacheControl = "no-cache, private";
        var output = request.Context.Response.BodyWriter;
        output.Write(form.Opening);
        ContinueToken? more = null;
        var count = 0;
        var last = default(ObjectKey);
        foreach (var stored in reader.Objects)
        {
            if (options.Limit > 0 && count == options.Limit)
            {
                more = new ContinueToken(reader.Version, last.Namespace, last.Name);
                break;
            }

            if (count++ > 0) output.Write(","u8);
            form.WriteItem(stored, output);
            last = stored.Key;
            if (output.UnflushedBytes >= FlushBytes) await output.FlushAsync(both.Token);
        }

        var metadata = new JsonObject { ["resourceVersion"] = reader.Version.ToString() };
        if (more is not null) metadata["continue"] = more.Encode();
        output.Write("],\"metadata\":"u8);
        JsonBody.Write(metadata, output);
        output.Write("}\n"u8);
        await output.FlushAsync(both.Token);
    }

    /// <summary>The answer of deletecollection.</summary>
    public async Task WriteAsync(ResourceRequest request, IReadOnlyList<StoredObject> objects)
    {
        var list = new JsonObject
        {
            ["kind"] = request.Definition.ListKind,
            ["apiVersion"] = request.Definition.ApiVersion,
            ["metadata"] = new JsonObject { ["resourceVersion"] = store.Changes.Latest.ToString() },
            ["items"] = new JsonArray([.. objects.Select(o => o.Parse())]),
        };
        await Responses.WriteJsonAsync(request.Context, 200, list);
    }
}
