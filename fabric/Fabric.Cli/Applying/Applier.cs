using System.Net;
using System.Text.Json.Nodes;
using Fabric.Cli.Api;
using Fabric.Cli.Manifests;
using Fabric.Cli.Terminal;
using Fabric.Kube.Transport;

namespace Fabric.Cli.Applying;

/// <summary>Applies manifests one after the other; one that is refused does not stop the others.</summary>
/// <remarks>https://kubernetes.io/docs/reference/using-api/server-side-apply/</remarks>
internal sealed class Applier(ApiSession session, ApplyOptions options)
{
    private const string ApplyPatch = "application/apply-patch+yaml";

    /// <returns>How many could not be applied.</returns>
    public async Task<int> RunAsync(IReadOnlyList<Manifest> manifests, CancellationToken cancellationToken)
    {
        var failed = 0;
        foreach (var manifest in manifests)
        {
            var about = manifest.Where;
            try
            {
                var target = await ManifestTarget.OfAsync(manifest, session, cancellationToken);
                about = $"{manifest.Where}: {target.Label}";
                var outcome = await ApplyAsync(target, cancellationToken);
                await session.Output.WriteLineAsync($"{target.Label} {outcome}{(options.DryRun ? " (server dry run)" : "")}");
            }
            catch (KubeException e) when (e.Code is { } code)
            {
                failed++;
                var hint = code == HttpStatusCode.Conflict && e.Causes.Any(cause => cause.Reason == "FieldManagerConflict")
                    ? ". Take the fields over with --force-conflicts, or leave them out of the manifest" : "";
                await session.Error.WriteLineAsync($"Error from server ({e.Reason}): {about}: {e.Detail}{hint}");
            }
            catch (CommandFailure e)
            {
                failed++;
                await session.Error.WriteLineAsync($"error: {about}: {e.Message}");
            }
        }

        return failed;
    }

    private async Task<string> ApplyAsync(ManifestTarget target, CancellationToken cancellationToken)
    {
        var before = await FindAsync(target, cancellationToken);
        var path = Query.Append(
            target.Path,
            ("fieldManager", ApiSession.Manager),
            ("fieldValidation", options.Validation),
            ("force", options.Force ? "true" : null),
            ("dryRun", options.DryRun ? "All" : null));
        var response = await session.SendAsync(
            new KubeRequest(HttpMethod.Patch, path) { Body = ApiJson.Bytes(target.Object), ContentType = ApplyPatch }, cancellationToken);
        if (response.Code == HttpStatusCode.Created)
            return "created";
        var after = ApiJson.Parse(path, response.Body);
        return before is not null && JsonNode.DeepEquals(WishOf(before, target.Kind), WishOf(after, target.Kind)) ? "unchanged" : "configured";
    }

    private async Task<JsonObject?> FindAsync(ManifestTarget target, CancellationToken cancellationToken)
    {
        try
        {
            return await session.GetAsync(target.Path, cancellationToken);
        }
        catch (KubeException e) when (e.IsNotFound)
        {
            return null;
        }
    }

    /// <summary>
    /// The object without what others write at any time and what every write changes: a status that a controller wrote
    /// between our two requests is no change of ours.
    /// </summary>
    private static JsonObject WishOf(JsonObject stored, ApiKind kind)
    {
        var wish = (JsonObject)stored.DeepClone();
        if (kind.HasStatus)
            wish.Remove("status");
        if (wish["metadata"] is JsonObject metadata)
        {
            foreach (var name in (ReadOnlySpan<string>)["resourceVersion", "generation", "managedFields"])
                metadata.Remove(name);
        }

        return wish;
    }
}
