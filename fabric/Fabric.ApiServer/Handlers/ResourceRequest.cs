using Fabric.ApiServer.Authentication;
using Fabric.ApiServer.Definitions;
using Fabric.ApiServer.Requests;
using Fabric.ApiServer.Storage;
using Fabric.ApiServer.Writing;
using Microsoft.AspNetCore.Http;

namespace Fabric.ApiServer.Handlers;

/// <summary>A request for a collection, an object or its status, after it was let in.</summary>
internal sealed record ResourceRequest(HttpContext Context, ResourceDefinition Definition, RequestPath Path, UserInfo User)
{
    public CancellationToken Aborted => Context.RequestAborted;

    public ObjectKey Key => new(Definition.QualifiedName, Path.Namespace ?? "", Path.Name ?? "");

    public WriteRequest ToWrite(WriteOptions options) => new(Definition, Path.Namespace ?? "", Path.Name ?? "", Path.Subresource, options, User);

    public ObjectForm Form => MediaType.Negotiate(Context.Request.Headers.Accept);
}
