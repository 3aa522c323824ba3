using System.Text.Json.Nodes;
using Fabric.Cli.Api;
using Fabric.Cli.Output;

namespace Fabric.Cli.Listing;

/// <summary>Shows objects whole, or their names only.</summary>
internal sealed class ObjectListing(ApiSession session, ListingOptions options, bool asList)
{
    private const string NamesOnly = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json";

    private readonly ObjectWriter? _writer = options.Form == ListingForm.Name ? null : ObjectWriter.Create(options.Form == ListingForm.Yaml, session.Output, asList);

    /// <summary>The version of the last page or object that was shown.</summary>
    public string Version { get; private set; } = "";

    /// <summary>Shows what is selected.</summary>
    /// <returns>How many objects there were.</returns>
    public async Task<int> ShowAsync(ApiKind kind, Selection selection, CancellationToken cancellationToken)
    {
        var count = 0;
        string? next = null;
        do
        {
            var page = await session.GetAsync(selection.PagePath(kind, next), cancellationToken, Accept);
            foreach (var item in (page["items"] as JsonArray ?? []).OfType<JsonObject>())
            {
                Write(kind, item);
                count++;
            }

            Version = page.TextAt("metadata", "resourceVersion") ?? "";
            next = page.TextAt("metadata", "continue");
        }
        while (!string.IsNullOrEmpty(next));
        return count;
    }

    /// <summary>Shows one object.</summary>
    public async Task ShowAsync(ApiKind kind, string @namespace, string name, CancellationToken cancellationToken)
    {
        var found = await session.GetAsync(kind.ObjectPath(@namespace, name), cancellationToken, Accept);
        Version = found.TextAt("metadata", "resourceVersion") ?? "";
        Write(kind, found);
    }

    /// <summary>Shows every change of what is selected, until cancelled.</summary>
    public async Task FollowAsync(ApiKind kind, Selection selection, CancellationToken cancellationToken)
    {
        var watch = new ObjectWatch(session, kind, selection, Accept);
        await foreach (var change in watch.RunAsync(Version, cancellationToken))
        {
            if (change.Object is { } changed)
            {
                Write(kind, changed);
            }
            else
            {
                await ShowAsync(kind, selection, cancellationToken);
                watch.Continue(Version);
            }

            await session.Output.FlushAsync(cancellationToken);
        }
    }

    /// <summary>No more objects come.</summary>
    public void End() => _writer?.End();

    private string? Accept => options.Form == ListingForm.Name ? NamesOnly : null;

    private void Write(ApiKind kind, JsonObject item)
    {
        if (_writer is null)
        {
            session.Output.WriteLine($"{kind.Label}/{ApiJson.NameOf(item)}");
            return;
        }

        if (!options.ManagedFields)
            (item["metadata"] as JsonObject)?.Remove("managedFields");
        _writer.Write(WithKind(kind, item));
    }

    /// <summary>Items of a list need not say what they are, since the list does.</summary>
    private static JsonObject WithKind(ApiKind kind, JsonObject item)
    {
        if (item.ContainsKey("kind") && item.ContainsKey("apiVersion"))
            return item;
        var named = new JsonObject { ["apiVersion"] = kind.ApiVersion, ["kind"] = kind.Kind };
        foreach (var (name, value) in item.ToArray())
        {
            item.Remove(name);
            named[name] = value;
        }

        return named;
    }
}
