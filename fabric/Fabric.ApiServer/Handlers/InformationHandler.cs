using System.Text;
using Fabric.ApiServer.Definitions;
using Fabric.ApiServer.Discovery;
using Fabric.ApiServer.OpenApi;
using Fabric.ApiServer.Requests;
using Microsoft.AspNetCore.Http;

namespace Fabric.ApiServer.Handlers;

/// <summary>Answers about the server itself: health, version, discovery, OpenAPI.</summary>
internal sealed class InformationHandler(ResourceCatalog catalog)
{
    private const string Version3Prefix = "/openapi/v3/";

    private readonly DiscoveryDocuments _discovery = new(catalog);
    private readonly OpenApiDocuments _openApi = new(catalog);

    /// <returns>False when the path is not one of these.</returns>
    public async Task<bool> TryAnswerAsync(HttpContext context, string path)
    {
        if (path.Length > 1) path = path.TrimEnd('/');
        switch (path)
        {
            case "/version":
                await JsonAsync(context, () => Responses.WriteJsonAsync(context, 200, ServerVersion.Document));
                return true;
            case "/healthz" or "/livez" or "/readyz":
                await Responses.WriteAsync(context, 200, Encoding.ASCII.GetBytes("ok"), "text/plain; charset=utf-8");
                return true;
            case "/openapi/v2":
                await Version2Async(context);
                return true;
            case "/openapi/v3":
                await JsonAsync(context, () => Responses.WriteJsonAsync(context, 200, _openApi.Version3Index));
                return true;
        }

        if (path.StartsWith(Version3Prefix, StringComparison.Ordinal) && _openApi.Version3(path[Version3Prefix.Length..]) is { } document)
        {
            await JsonAsync(context, () => Responses.WriteAsync(context, 200, document));
            return true;
        }

        if (_discovery.Find(path) is not { } found) return false;
        await JsonAsync(context, () => Responses.WriteJsonAsync(context, 200, found));
        return true;
    }

    private static Task JsonAsync(HttpContext context, Func<Task> write)
        => HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method) ? write() : throw StatusException.MethodNotAllowed();

    private Task Version2Async(HttpContext context)
    {
        // Older clients ask for protobuf only, and do not read anything else.
        var protobuf = context.Request.Headers.Accept.ToString().Contains("proto-openapi.spec.v2", StringComparison.Ordinal);
        return JsonAsync(context, () => Responses.WriteAsync(context, 200, _openApi.Version2(protobuf), protobuf ? OpenApiDocuments.ProtobufType : MediaType.Json));
    }
}
