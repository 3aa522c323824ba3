using System.CommandLine;
using Fabric.Cli.Api;
using Fabric.Cli.Explaining;
using Fabric.Cli.Terminal;
using Fabric.Kube.Configuration;
using Fabric.Kube.Transport;

namespace Fabric.Cli.Completion;

/// <summary>Completes kinds, objects' names, namespaces and fields by asking the server.</summary>
/// <param name="open">Connects as the words before say.</param>
internal sealed class ObjectCompletion(Func<ParseResult, ApiSession> open)
{
    /// <summary>A longer list would not be read.</summary>
    private const int MostNames = 200;

    private const string NamesOnly = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json";

    /// <summary>Kinds for the first word, then names; after <c>KIND/</c> names in every word.</summary>
    public Task<IEnumerable<string>> WordsAsync(CompletionQuery query, CancellationToken cancellationToken) => TryAsync(query, async session =>
    {
        var slash = query.Word.IndexOf('/', StringComparison.Ordinal);
        if (slash >= 0)
            return (await NamesAsync(session, query.Word[..slash], cancellationToken)).Select(name => $"{query.Word[..(slash + 1)]}{name}");
        if (query.Before is [var kind, ..] && !kind.Contains('/', StringComparison.Ordinal))
            return (await NamesAsync(session, kind, cancellationToken)).Except(query.Before.Skip(1), StringComparer.Ordinal);
        var comma = query.Word.LastIndexOf(',') + 1;
        var kinds = await session.Kinds.ListAsync(cancellationToken);
        return kinds.SelectMany(each => each.Categories.Append(each.Plural)).Distinct(StringComparer.Ordinal).Select(word => query.Word[..comma] + word);
    });

    /// <summary>Kinds, and after a dot the fields of what stands before it.</summary>
    public Task<IEnumerable<string>> FieldsAsync(CompletionQuery query, CancellationToken cancellationToken) => TryAsync(query, async session =>
    {
        if (query.Before.Count > 0)
            return [];
        if (query.Word.LastIndexOf('.') is var dot && dot < 0)
            return (await session.Kinds.ListAsync(cancellationToken)).Select(kind => kind.Singular);
        var path = query.Word[..dot].Split('.');
        if (await session.Kinds.FindAsync(path[0], cancellationToken) is not [var kind])
            return [];
        var (schema, _) = Explanation.Find(kind, (await SchemaDocument.ReadAsync(session, kind, cancellationToken)).Of(kind), path[1..]);
        return schema.Fields().Select(field => $"{query.Word[..(dot + 1)]}{field.Name}");
    });

    /// <summary>Namespaces.</summary>
    public Task<IEnumerable<string>> NamespacesAsync(CompletionQuery query, CancellationToken cancellationToken) =>
        TryAsync(query, session => NamesAsync(session, "namespaces", cancellationToken));

    private static async Task<IEnumerable<string>> NamesAsync(ApiSession session, string kinds, CancellationToken cancellationToken)
    {
        if (await session.Kinds.FindAsync(kinds, cancellationToken) is not [var kind])
            return [];
        var page = await session.GetAsync(
            Query.Append(kind.CollectionPath(session.Namespace), ("limit", MostNames.ToString())), cancellationToken, NamesOnly);
        return (page["items"] as System.Text.Json.Nodes.JsonArray ?? []).Select(ApiJson.NameOf);
    }

    /// <summary>Whatever fails, the user goes on typing.</summary>
    private async Task<IEnumerable<string>> TryAsync(CompletionQuery query, Func<ApiSession, Task<IEnumerable<string>>> find)
    {
        try
        {
            using var session = open(query.Parsed);
            return [.. await find(session)];
        }
        catch (Exception e) when (e is CommandFailure or KubeException or KubeConfigException or OperationCanceledException or InvalidOperationException)
        {
            return [];
        }
    }
}
