using System.Text.Json.Nodes;
using Fabric.Cli.Api;
using Fabric.Cli.Terminal;
using Fabric.Kube.Transport;

namespace Fabric.Cli.Deleting;

/// <summary>Deletes objects: asks for all of them first, then waits for those that something still holds.</summary>
internal sealed class Deleter(ApiSession session, DeleteRequest request)
{
    private const string NamesOnly = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json";

    private readonly List<Leaving> _held = [];

    /// <summary>Whether something could not be deleted.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>Asks for one object.</summary>
    public async Task DeleteAsync(ApiKind kind, string @namespace, string name, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await session.SendAsync(
                new KubeRequest(HttpMethod.Delete, kind.ObjectPath(@namespace, name)) { Body = request.Body() }, cancellationToken);
            await TellAsync(kind, kind.Namespaced ? @namespace : "", name, ApiJson.Parse(name, answer.Body));
        }
        catch (KubeException e) when (e.IsNotFound && request.IgnoreNotFound)
        {
            // Gone is what was wanted.
        }
        catch (KubeException e) when (e.Code is not null)
        {
            await FailAsync(Failures.Describe(e));
        }
    }

    /// <summary>Asks for all that is selected.</summary>
    /// <returns>How many there were.</returns>
    public async Task<int> DeleteAsync(ApiKind kind, Selection selection, CancellationToken cancellationToken)
    {
        List<(string Namespace, string Name)> found = [];
        string? next = null;
        do
        {
            var page = await session.GetAsync(selection.PagePath(kind, next), cancellationToken, NamesOnly);
            found.AddRange((page["items"] as JsonArray ?? []).Select(item => (item.TextAt("metadata", "namespace") ?? "", ApiJson.NameOf(item))));
            next = page.TextAt("metadata", "continue");
        }
        while (!string.IsNullOrEmpty(next));
        foreach (var (space, name) in found)
            await DeleteAsync(kind, space, name, cancellationToken);
        return found.Count;
    }

    /// <summary>Says that something could not be asked for.</summary>
    public async Task FailAsync(string message)
    {
        HasFailed = true;
        await session.Error.WriteLineAsync(message);
    }

    /// <summary>Waits until all that was asked for is gone.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (request.Timeout is { } limit)
            timeout.CancelAfter(limit);
        var groups = _held.GroupBy(leaving => (leaving.Kind, leaving.Namespace)).Select(group => new Farewell(session, [.. group])).ToArray();
        try
        {
            await Task.WhenAll(groups.Select(group => group.RunAsync(timeout.Token)));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            foreach (var line in groups.SelectMany(group => group.Remaining))
                await FailAsync($"error: timed out: {line}");
        }
    }

    private async Task TellAsync(ApiKind kind, string @namespace, string name, JsonObject answer)
    {
        var dryRun = request.DryRun ? " (server dry run)" : "";
        var uid = answer.TextAt("metadata", "uid") ?? answer.TextAt("details", "uid") ?? "";
        var leaving = new Leaving(kind, @namespace, name, uid);
        var isGone = answer.TextAt("kind") == "Status" || answer.TextAt("metadata", "deletionTimestamp") is null;
        if (isGone || request.DryRun)
            await session.Output.WriteLineAsync($"{leaving.Label} deleted{dryRun}");
        else if (request.Wait)
            _held.Add(leaving);
        else
            await session.Output.WriteLineAsync($"{leaving.Label} is being deleted: {Farewell.ReasonOf(answer)}");
    }
}
