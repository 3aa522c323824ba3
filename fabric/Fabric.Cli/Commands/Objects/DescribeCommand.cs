using System.CommandLine;
using System.Text.Json.Nodes;
using Fabric.Cli.Api;
using Fabric.Cli.Completion;
using Fabric.Cli.Describing;
using Fabric.Cli.Terminal;
using Fabric.Kube.Transport;

namespace Fabric.Cli.Commands.Objects;

/// <summary><c>fabric describe</c>: an object with its conditions and events, for reading.</summary>
internal static class DescribeCommand
{
    internal static Command Create()
    {
        var words = ObjectArguments.Create("KIND [NAME...]", "A kind and names of objects, or KIND/NAME...; all objects of the kind without a name", required: true);
        var labels = new Option<string?>("--selector", "-l") { Description = "Instead of names: objects with these labels", HelpName = "LABELS" };
        var all = new Option<bool>("--all-namespaces", "-A") { Description = "Objects of every namespace" };
        var command = new Command("describe", """
            Show an object for reading: what is wished, what is so, its conditions and its events, the newest last.

            Examples:
              fabric describe subnet blue
              fabric describe nic/vm.db.default -n team
              fabric describe vms -l app=db
            """)
        {
            words, labels, all,
        };
        var connection = new ConnectionOptions(command);
        words.CompleteFrom(connection.Completion.WordsAsync);
        command.SetAction(async (parse, cancellationToken) =>
        {
            using var session = connection.Open(parse);
            var selection = new Selection { Namespace = parse.GetValue(all) ? null : session.Namespace, Labels = parse.GetValue(labels) };
            var targets = await Target.ResolveAsync(parse.GetValue(words)!, session.Kinds, cancellationToken);
            if (selection.Labels is not null && targets.Any(target => target.Names.Count > 0))
                throw new CommandFailure("give names or selectors, not both");
            return await DescribeAsync(session, targets, selection, cancellationToken);
        });
        return command;
    }

    private static async Task<int> DescribeAsync(ApiSession session, IReadOnlyList<Target> targets, Selection selection, CancellationToken cancellationToken)
    {
        var (count, failed) = (0, false);
        foreach (var target in targets)
        {
            await foreach (var (found, failure) in FindAsync(session, target, selection, cancellationToken))
            {
                if (failure is not null)
                {
                    failed = true;
                    await session.Error.WriteLineAsync(Failures.Describe(failure));
                    continue;
                }

                if (count++ > 0)
                    await session.Output.WriteLineAsync("\n");
                new ObjectDescription(session.Output, TimeProvider.System.GetUtcNow()).Write(target.Kind, found, await EventsAsync(session, found, cancellationToken));
            }
        }

        if (count == 0 && !failed)
            await session.Error.WriteLineAsync("No resources found.");
        return failed ? 1 : 0;
    }

    private static async IAsyncEnumerable<(JsonObject Found, KubeException? Failure)> FindAsync(
        ApiSession session, Target target, Selection selection, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var name in target.Names)
            yield return await TryGetAsync(session, target.Kind.ObjectPath(session.Namespace, name), cancellationToken);
        string? next = null;
        while (target.Names.Count == 0)
        {
            var page = await session.GetAsync(selection.PagePath(target.Kind, next), cancellationToken);
            foreach (var item in (page["items"] as JsonArray ?? []).OfType<JsonObject>())
                yield return (item, null);
            next = page.TextAt("metadata", "continue");
            if (string.IsNullOrEmpty(next))
                yield break;
        }
    }

    private static async Task<(JsonObject, KubeException?)> TryGetAsync(ApiSession session, string path, CancellationToken cancellationToken)
    {
        try
        {
            return (await session.GetAsync(path, cancellationToken), null);
        }
        catch (KubeException e) when (e.Code is not null)
        {
            return ([], e);
        }
    }

    /// <returns>Null when the user may not read them.</returns>
    private static async Task<IReadOnlyList<JsonObject>?> EventsAsync(ApiSession session, JsonObject about, CancellationToken cancellationToken)
    {
        // Events of objects without a namespace are in whichever namespace their writer chose.
        var root = about.TextAt("metadata", "namespace") is { } space ? $"/api/v1/namespaces/{space}/events" : "/api/v1/events";
        try
        {
            var events = await session.GetAsync(Query.Append(root, ("fieldSelector", $"involvedObject.uid={about.TextAt("metadata", "uid")}")), cancellationToken);
            return [.. (events["items"] as JsonArray ?? []).OfType<JsonObject>()];
        }
        catch (KubeException e) when (e.Code is System.Net.HttpStatusCode.Forbidden or System.Net.HttpStatusCode.NotFound)
        {
            return null;
        }
    }
}
