using Fabric.ApiServer.Printing;
using Fabric.ApiServer.Requests;
using Fabric.ApiServer.Storage;

namespace Fabric.ApiServer.Handlers;

/// <summary>Answers with one object, in the form the client wants.</summary>
internal sealed class ReadHandler(ObjectStore store, TimeProvider clock)
{
    public Task GetAsync(ResourceRequest request)
    {
        var found = store.Get(request.Key) ?? throw StatusException.NotFound(request.Definition, request.Key.Name);
        return WriteAsync(request, 200, found);
    }

    public Task WriteAsync(ResourceRequest request, int code, StoredObject stored)
    {
        switch (request.Form)
        {
            case ObjectForm.Table:
                var printer = new TablePrinter(request.Definition, clock, MediaType.Included(request.Context.Request.Query["includeObject"]));
                return Responses.WriteJsonAsync(request.Context, code, printer.Single(stored.Parse()));
            case ObjectForm.Metadata:
                return Responses.WriteJsonAsync(request.Context, code, TablePrinter.MetadataOnly(stored.Parse()));
            default:
                return Responses.WriteAsync(request.Context, code, stored.Body);
        }
    }
}
