using System.CommandLine;
using Fabric.Cli.Api;
using Fabric.Cli.Applying;
using Fabric.Cli.Completion;
using Fabric.Cli.Deleting;
using Fabric.Cli.Terminal;

namespace Fabric.Cli.Commands.Objects;

/// <summary><c>fabric delete</c>: makes objects go.</summary>
internal static class DeleteCommand
{
    internal static Command Create(Func<Stream> input)
    {
        var words = ObjectArguments.Create("KIND NAME...", "A kind and names of objects, or KIND/NAME...", required: false);
        var labels = new Option<string?>("--selector", "-l") { Description = "Instead of names: objects with these labels", HelpName = "LABELS" };
        var fields = new Option<string?>("--field-selector") { Description = "Instead of names: objects with these fields", HelpName = "FIELDS" };
        var all = new Option<bool>("--all") { Description = "Instead of names: all objects of the kind in the namespace" };
        var wait = new Option<bool>("--wait") { Description = "Wait until the objects are gone, and say what they wait for", DefaultValueFactory = _ => true, HelpName = "true|false" };
        var timeout = new Option<string?>("--timeout") { Description = "Give up waiting after this time: 30s, 5m; 0 for never", HelpName = "TIME" };
        var ignore = new Option<bool>("--ignore-not-found") { Description = "An object that is not there is no error" };
        var cascade = new Option<string>("--cascade") { Description = "What happens to objects that these own: background, foreground or orphan", DefaultValueFactory = _ => "background", HelpName = "WAY" };
        cascade.AcceptOnlyFromAmong("background", "foreground", "orphan");
        var grace = new Option<int?>("--grace-period") { Description = "Seconds a pod has to end by itself; 0 for none", HelpName = "SECONDS" };
        var dryRun = new Option<string>("--dry-run") { Description = "server: let the server check everything and delete nothing", DefaultValueFactory = _ => "none", HelpName = "none|server" };
        dryRun.AcceptOnlyFromAmong("none", "server");
        var command = new Command("delete", """
            Delete objects, and wait until they are gone.

            Examples:
              fabric delete subnet blue
              fabric delete nic/vm.db.default nic/vm.web.default -n team
              fabric delete -f net.yaml --ignore-not-found
              fabric delete pods -l app=web --wait=false
            """)
        {
            words, labels, fields, all, wait, timeout, ignore, cascade, grace, dryRun,
        };
        var manifests = new ManifestOptions(command, required: false, input);
        var connection = new ConnectionOptions(command);
        words.CompleteFrom(connection.Completion.WordsAsync);
        command.SetAction(async (parse, cancellationToken) =>
        {
            var request = new DeleteRequest
            {
                Wait = parse.GetValue(wait) && parse.GetValue(dryRun) == "none",
                Timeout = parse.GetValue(timeout) is { } text ? Durations.Parse(text) : null,
                IgnoreNotFound = parse.GetValue(ignore),
                DryRun = parse.GetValue(dryRun) == "server",
                Propagation = parse.GetValue(cascade) switch { "foreground" => "Foreground", "orphan" => "Orphan", _ => "Background" },
                GraceSeconds = parse.GetValue(grace) is { } seconds and >= 0 ? seconds : null,
            };
            var selection = new Selection { Labels = parse.GetValue(labels), Fields = parse.GetValue(fields) };
            var selects = parse.GetValue(all) || (selection.Labels ?? selection.Fields) is not null;
            var given = parse.GetValue(words)!;
            if (manifests.AreGiven(parse) == given.Length > 0)
                throw new CommandFailure("name what is to be deleted: KIND NAME, or manifests with -f");
            if (manifests.AreGiven(parse) && selects)
                throw new CommandFailure("give manifests or selectors, not both");

            var read = manifests.AreGiven(parse) ? manifests.Read(parse) : [];
            using var session = connection.Open(parse);
            var deleter = new Deleter(session, request);
            foreach (var manifest in read)
            {
                try
                {
                    var target = await ManifestTarget.OfAsync(manifest, session, cancellationToken);
                    await deleter.DeleteAsync(target.Kind, target.Namespace, target.Name, cancellationToken);
                }
                catch (CommandFailure e)
                {
                    await deleter.FailAsync($"error: {manifest.Where}: {e.Message}");
                }
            }

            if (given.Length > 0)
                await DeleteAsync(deleter, session, given, selects, selection with { Namespace = session.Namespace }, cancellationToken);
            await deleter.WaitAsync(cancellationToken);
            return deleter.HasFailed ? 1 : 0;
        });
        return command;
    }

    private static async Task DeleteAsync(Deleter deleter, ApiSession session, string[] words, bool selects, Selection selection, CancellationToken cancellationToken)
    {
        var targets = await Target.ResolveAsync(words, session.Kinds, cancellationToken);
        if (targets.Any(target => target.Names.Count > 0) == selects)
            throw new CommandFailure(selects ? "give names or selectors, not both" : "resource(s) were provided, but no name was specified: give names, -l LABELS, or --all");
        var found = 0;
        foreach (var target in targets)
        {
            if (selects)
                found += await deleter.DeleteAsync(target.Kind, selection, cancellationToken);
            foreach (var name in target.Names)
                await deleter.DeleteAsync(target.Kind, session.Namespace, name, cancellationToken);
        }

        if (selects && found == 0)
            await session.Error.WriteLineAsync("No resources found.");
    }
}
