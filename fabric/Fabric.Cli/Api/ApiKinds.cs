using System.Text.Json.Nodes;
using Fabric.Cli.Terminal;
using Fabric.Kube;
using Fabric.Kube.Transport;

namespace Fabric.Cli.Api;

/// <summary>What kinds a server serves: asked once for the names that users type, and group by group for manifests.</summary>
internal sealed class ApiKinds(KubeClient client)
{
    private readonly Dictionary<string, IReadOnlyList<ApiKind>> _byApiVersion = new(StringComparer.Ordinal);
    private IReadOnlyList<ApiKind>? _all;

    /// <summary>Every kind in its group's preferred version, the core group first.</summary>
    public async Task<IReadOnlyList<ApiKind>> ListAsync(CancellationToken cancellationToken)
    {
        if (_all is not null)
            return _all;
        var core = GetAsync("/api", cancellationToken);
        var groups = GetAsync("/apis", cancellationToken);
        string[] versions =
        [
            .. Items(await core, "versions").Select(v => v!.GetValue<string>()),
            .. Items(await groups, "groups").Select(g => g?["preferredVersion"]?["groupVersion"]?.GetValue<string>()).OfType<string>(),
        ];
        return _all = [.. (await Task.WhenAll(versions.Select(v => TryReadAsync(v, cancellationToken)))).SelectMany(kinds => kinds)];
    }

    /// <summary>The kinds that a word names: one kind, or all of a category.</summary>
    /// <exception cref="CommandFailure">The server has none of that name.</exception>
    public async Task<IReadOnlyList<ApiKind>> FindAsync(string word, CancellationToken cancellationToken)
    {
        var all = await ListAsync(cancellationToken);
        if (all.FirstOrDefault(kind => kind.Answers(word)) is { } found)
            return [found];
        if (all.Where(kind => kind.Categories.Contains(word, StringComparer.OrdinalIgnoreCase)).ToArray() is { Length: > 0 } category)
            return category;
        var near = Likeness.Nearest(word, all.SelectMany(kind => kind.ShortNames.Append(kind.Plural).Append(kind.Singular)));
        throw new CommandFailure($"the server doesn't have a resource type \"{word}\"" + (near is null ? "" : $"; did you mean \"{near}\"?"));
    }

    /// <summary>The kind of a manifest.</summary>
    /// <returns>Null when the server does not have it.</returns>
    public async Task<ApiKind?> OfAsync(string apiVersion, string kind, CancellationToken cancellationToken)
    {
        if (!_byApiVersion.TryGetValue(apiVersion, out var kinds) || kinds.All(k => k.Kind != kind))
        {
            // Asked again when it was not there: a definition earlier in the same file may have brought it.
            try
            {
                kinds = _byApiVersion[apiVersion] = await ReadAsync(apiVersion, cancellationToken);
            }
            catch (KubeException e) when (e.IsNotFound)
            {
                return null;
            }
        }
        return kinds.FirstOrDefault(k => k.Kind == kind);
    }

    private async Task<IReadOnlyList<ApiKind>> TryReadAsync(string apiVersion, CancellationToken cancellationToken)
    {
        try
        {
            return await ReadAsync(apiVersion, cancellationToken);
        }
        catch (KubeException)
        {
            // One extension server that is down must not hide the kinds of all others.
            return [];
        }
    }

    private async Task<IReadOnlyList<ApiKind>> ReadAsync(string apiVersion, CancellationToken cancellationToken)
    {
        var resources = Items(await GetAsync(ApiKind.RootOf(apiVersion), cancellationToken), "resources").OfType<JsonObject>().ToArray();
        var slash = apiVersion.IndexOf('/', StringComparison.Ordinal);
        return
        [
            .. from resource in resources
               let plural = Text(resource, "name")
               where !plural.Contains('/', StringComparison.Ordinal) && Texts(resource, "verbs").Contains("get")
               select new ApiKind
               {
                   Group = slash < 0 ? "" : apiVersion[..slash],
                   Version = apiVersion[(slash + 1)..],
                   Kind = Text(resource, "kind"),
                   Plural = plural,
                   // Servers before 1.27 leave it empty for built-in kinds.
                   Singular = Text(resource, "singularName") is { Length: > 0 } singular ? singular : Text(resource, "kind").ToLowerInvariant(),
                   Namespaced = resource["namespaced"]?.GetValue<bool>() ?? false,
                   ShortNames = Texts(resource, "shortNames"),
                   Categories = Texts(resource, "categories"),
                   Verbs = Texts(resource, "verbs"),
                   HasStatus = resources.Any(r => Text(r, "name") == $"{plural}/status"),
               },
        ];
    }

    private async Task<JsonObject> GetAsync(string path, CancellationToken cancellationToken) =>
        ApiJson.Parse(path, (await client.SendAsync(new KubeRequest(HttpMethod.Get, path), cancellationToken)).Body);

    private static JsonArray Items(JsonObject json, string name) => json[name] as JsonArray ?? [];

    private static string Text(JsonObject json, string name) => json[name]?.GetValue<string>() ?? "";

    private static string[] Texts(JsonObject json, string name) => [.. Items(json, name).Select(item => item!.GetValue<string>())];
}
