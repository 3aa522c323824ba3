using System.Text.Json.Nodes;
using Fabric.ApiServer.Patching;
using Fabric.ApiServer.Requests;
using Fabric.ApiServer.Writing;

namespace Fabric.ApiServer.Handlers;

/// <summary>Creations, replacements, patches and deletions as they arrive by HTTP.</summary>
internal sealed class WriteHandler(ResourceWriter writer, ResourceDeleter deleter, ReadHandler reader, ListHandler lists)
{
    public async Task CreateAsync(ResourceRequest request)
    {
        var options = WriteOptions.Of(request.Context.Request);
        var body = await ReadObjectAsync(request);
        await AnswerAsync(request, await writer.CreateAsync(request.ToWrite(options), body, request.Aborted));
    }

    public async Task UpdateAsync(ResourceRequest request)
    {
        var options = WriteOptions.Of(request.Context.Request);
        var body = await ReadObjectAsync(request);
        await AnswerAsync(request, await writer.UpdateAsync(request.ToWrite(options), body, request.Aborted));
    }

    public async Task PatchAsync(ResourceRequest request)
    {
        var options = WriteOptions.Of(request.Context.Request);
        var contentType = MediaType.OfContent(request.Context.Request.ContentType);
        CheckPatchType(request, contentType);
        var body = RequestBody.Parse(await RequestBody.ReadAsync(request.Context.Request, request.Aborted), contentType);
        var write = request.ToWrite(options);
        if (contentType == MediaType.ApplyPatch)
        {
            if (request.Context.Request.Query["fieldManager"].Count == 0)
                throw StatusException.BadRequest("PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch");
            await AnswerAsync(request, await writer.ApplyAsync(write, AsObject(body), request.Aborted));
            return;
        }

        await AnswerAsync(request, await writer.PatchAsync(write, stored => Patched(request, contentType, body, stored.Parse()), request.Aborted));
    }

    public async Task DeleteAsync(ResourceRequest request)
    {
        var options = DeleteOptions.Of(request.Context.Request, await ReadOptionalAsync(request));
        var result = await deleter.DeleteAsync(request.ToWrite(PlainOptions), options, request.Aborted);
        Responses.AddWarnings(request.Context, result.Warnings);
        if (!result.Removed || request.Definition.Traits.GracefulDeletion)
        {
            await reader.WriteAsync(request, 200, result.Object);
            return;
        }

        var details = StatusException.Details(request.Definition, request.Key.Name);
        details["uid"] = result.Object.Uid;
        await Responses.WriteJsonAsync(request.Context, 200, new JsonObject
        {
            ["kind"] = "Status",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject(),
            ["status"] = "Success",
            ["details"] = details,
        });
    }

    public async Task DeleteCollectionAsync(ResourceRequest request)
    {
        var selection = ListOptions.Of(request.Context.Request, request.Definition, request.Path.Namespace);
        var options = DeleteOptions.Of(request.Context.Request, await ReadOptionalAsync(request));
        var deleted = await deleter.DeleteCollectionAsync(request.ToWrite(PlainOptions), selection.Filter, options, request.Aborted);
        await lists.WriteAsync(request, deleted);
    }

    private static WriteOptions PlainOptions { get; } = new(false, FieldValidation.Ignore, "", false);

    private static void CheckPatchType(ResourceRequest request, string contentType)
    {
        var strategic = request.Definition.Traits.StrategicMergePatch;
        if (contentType is MediaType.JsonPatch or MediaType.MergePatch or MediaType.ApplyPatch || (strategic && contentType == MediaType.StrategicMergePatch)) return;
        var accepted = $"{MediaType.JsonPatch}, {MediaType.MergePatch}, {MediaType.ApplyPatch}" + (strategic ? $", {MediaType.StrategicMergePatch}" : "");
        throw StatusException.UnsupportedMediaType($"the body of the request was in an unknown format - accepted media types include: {accepted}");
    }

    private static JsonObject Patched(ResourceRequest request, string contentType, JsonNode patch, JsonObject current)
    {
        try
        {
            switch (contentType)
            {
                case MediaType.JsonPatch:
                    JsonPatch.Apply(current, patch);
                    break;
                case MediaType.MergePatch:
                    MergePatch.Apply(current, AsObject(patch));
                    break;
                default:
                    StrategicMergePatch.Apply(current, AsObject(patch), request.Definition.Schema);
                    break;
            }

            return current;
        }
        catch (PatchException e)
        {
            throw e.IsMalformed ? StatusException.BadRequest(e.Message) : new StatusException(422, "Invalid", e.Message);
        }
    }

    private static JsonObject AsObject(JsonNode body) => body as JsonObject ?? throw StatusException.BadRequest("the body of the request must be an object");

    private static async Task<JsonObject> ReadObjectAsync(ResourceRequest request)
        => RequestBody.ParseObject(await RequestBody.ReadAsync(request.Context.Request, request.Aborted), MediaType.OfContent(request.Context.Request.ContentType));

    private static async Task<JsonObject?> ReadOptionalAsync(ResourceRequest request)
    {
        var body = await RequestBody.ReadAsync(request.Context.Request, request.Aborted);
        return body.IsEmpty ? null : RequestBody.ParseObject(body, MediaType.OfContent(request.Context.Request.ContentType));
    }

    private async Task AnswerAsync(ResourceRequest request, WriteResult result)
    {
        Responses.AddWarnings(request.Context, result.Warnings);
        await reader.WriteAsync(request, result.Created ? 201 : 200, result.Object);
    }
}
