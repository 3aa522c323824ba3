using Fabric.ApiServer.Admission;
using Fabric.ApiServer.Authentication;
using Fabric.ApiServer.Authorization;
using Fabric.ApiServer.Definitions;
using Fabric.ApiServer.Handlers;
using Fabric.ApiServer.Metrics;
using Fabric.ApiServer.Requests;
using Fabric.ApiServer.Storage;
using Fabric.ApiServer.Writing;
using Fabric.Telemetry.Exposition;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Fabric.ApiServer.Hosting;

/// <summary>The way of every request: who, what, allowed?, done; and one place where refusals become answers.</summary>
internal sealed class RequestPipeline : IDisposable
{
    private const string MetricsPath = "/metrics";

    private readonly BearerAuthentication _authentication;
    private readonly InformationHandler _information;
    private readonly ResourceCatalog _catalog;
    private readonly ReadHandler _reads;
    private readonly ListHandler _lists;
    private readonly WatchHandler _watches;
    private readonly WriteHandler _writes;
    private readonly RequestCounters _counters;
    private readonly ILogger _logger;

    private RequestPipeline(BearerAuthentication authentication, InformationHandler information, ResourceCatalog catalog, ReadHandler reads, ListHandler lists, WatchHandler watches, WriteHandler writes, RequestCounters counters, ILogger logger)
    {
        _authentication = authentication;
        _information = information;
        _catalog = catalog;
        _reads = reads;
        _lists = lists;
        _watches = watches;
        _writes = writes;
        _counters = counters;
        _logger = logger;
    }

    public static RequestPipeline Create(ApiServerOptions options, ResourceCatalog catalog, ObjectStore store, TokenStore tokens, CancellationToken stopping)
    {
        var clock = options.TimeProvider;
        var admission = new AdmissionChain(options.Admissions);
        var reads = new ReadHandler(store, clock);
        var lists = new ListHandler(store, clock);
        var writes = new WriteHandler(new ResourceWriter(store, catalog, admission, clock), new ResourceDeleter(store, admission, clock), reads, lists);
        return new RequestPipeline(
            new BearerAuthentication(tokens), new InformationHandler(catalog), catalog, reads, lists, new WatchHandler(store, clock, stopping), writes,
            new RequestCounters(options.Metrics), options.LoggerFactory.CreateLogger<RequestPipeline>());
    }

    public void Dispose() => _counters.Dispose();

    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await AnswerAsync(context);
        }
        catch (StatusException refusal) when (!context.Response.HasStarted)
        {
            await Responses.WriteStatusAsync(context, refusal);
        }
        catch (BadHttpRequestException e) when (!context.Response.HasStarted)
        {
            await Responses.WriteStatusAsync(context, e.StatusCode == 413 ? StatusException.TooLarge(RequestBody.MaxBytes) : StatusException.BadRequest(e.Message));
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is left to answer.
        }
        catch (Exception e)
        {
            _logger.LogError(e, "{Method} {Path} failed", context.Request.Method, context.Request.Path);
            if (context.Response.HasStarted) context.Abort();
            else await Responses.WriteStatusAsync(context, StatusException.Internal(e is StoreException ? e.Message : "Internal error occurred: see the server's log"));
        }
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value ?? "/";
        var user = _authentication.Authenticate(context.Request) ?? throw StatusException.Unauthorized();
        if (user == UserInfo.Anonymous && !AuthorizationPolicy.IsOpen(path)) throw StatusException.Unauthorized();
        if (path == MetricsPath)
        {
            await AnswerMetricsAsync(context, user);
            return;
        }

        if (await _information.TryAnswerAsync(context, path)) return;
        var target = RequestPath.Parse(path) ?? throw StatusException.NotFoundPath();
        if (SelfReviews.Handles(target))
        {
            await ReviewAsync(context, target, user);
            return;
        }

        await RouteAsync(context, target, user);
    }

    private async Task RouteAsync(HttpContext context, RequestPath path, UserInfo user)
    {
        var verb = Verb(context.Request, path);
        Authorize(new AccessAttributes(user, verb, path.Group, path.Resource, path.Subresource, NamespaceOf(path), path.Name));
        var definition = _catalog.ByPath(path.Group, path.Version, path.Resource) ?? throw StatusException.NotFoundPath();
        if (path.Subresource is not null && !(path.Subresource == "status" && definition.HasStatus)) throw StatusException.NotFoundPath();
        if (path.Namespace is not null && !definition.Namespaced) throw StatusException.NotFoundPath();
        if (definition.Namespaced && path.Namespace is null && (path.Name is not null || verb is "create" or "deletecollection")) throw StatusException.NotFoundPath();

        try
        {
            await CarryOutAsync(verb, new ResourceRequest(context, definition, path, user));
            _counters.Count(verb, path, context.Response.StatusCode);
        }
        catch (StatusException refusal)
        {
            _counters.Count(verb, path, refusal.Code);
            throw;
        }
    }

    private Task CarryOutAsync(string verb, ResourceRequest request)
    {
        var (context, definition, path) = (request.Context, request.Definition, request.Path);
        return verb switch
        {
            "get" => _reads.GetAsync(request),
            "list" => _lists.ListAsync(request, ListOptions.Of(context.Request, definition, path.Namespace)),
            "watch" => _watches.WatchAsync(request, ListOptions.Of(context.Request, definition, path.Namespace, path.Name)),
            "create" => _writes.CreateAsync(request),
            "update" => _writes.UpdateAsync(request),
            "patch" => _writes.PatchAsync(request),
            "delete" => _writes.DeleteAsync(request),
            _ => _writes.DeleteCollectionAsync(request),
        };
    }

    private Task AnswerMetricsAsync(HttpContext context, UserInfo user) => user.Groups.Contains(UserInfo.Administrators)
        ? Responses.WriteAsync(context, 200, _counters.Expose(), PrometheusText.ContentType)
        : throw new StatusException(403, "Forbidden", $"forbidden: User \"{user.Name}\" cannot get path \"{MetricsPath}\"");

    private static async Task ReviewAsync(HttpContext context, RequestPath path, UserInfo user)
    {
        if (!HttpMethods.IsPost(context.Request.Method)) throw StatusException.MethodNotAllowed();
        Authorize(new AccessAttributes(user, "create", path.Group, path.Resource, null, null, null));
        var body = RequestBody.ParseObject(await RequestBody.ReadAsync(context.Request, context.RequestAborted), MediaType.OfContent(context.Request.ContentType));
        await Responses.WriteJsonAsync(context, 201, SelfReviews.Answer(path, body, user));
    }

    private static void Authorize(AccessAttributes access)
    {
        if (!AuthorizationPolicy.Allows(access))
            throw new StatusException(403, "Forbidden", access.Refusal, StatusException.Details(access.Group, access.Resource, access.Name ?? ""));
    }

    /// <summary>A namespace itself is judged in its own namespace, as Kubernetes does.</summary>
    private static string? NamespaceOf(RequestPath path) => path.Resource == NamespaceRules.Resource && path.Group.Length == 0 ? path.Name : path.Namespace;

    private static string Verb(HttpRequest request, RequestPath path)
    {
        var isCollection = path.Name is null;
        return request.Method switch
        {
            "GET" or "HEAD" => request.Query["watch"].ToString() is not ("" or "0" or "false") ? "watch" : isCollection ? "list" : "get",
            "POST" when isCollection => "create",
            "PUT" when !isCollection => "update",
            "PATCH" when !isCollection => "patch",
            "DELETE" when path.Subresource is null => isCollection ? "deletecollection" : "delete",
            _ => throw StatusException.MethodNotAllowed(),
        };
    }
}
