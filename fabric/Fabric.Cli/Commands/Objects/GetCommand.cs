using System.CommandLine;
using Fabric.Cli.Api;
using Fabric.Cli.Completion;
using Fabric.Cli.Listing;
using Fabric.Cli.Terminal;

namespace Fabric.Cli.Commands.Objects;

/// <summary><c>fabric get</c>: what there is.</summary>
internal static class GetCommand
{
    internal static Command Create()
    {
        var words = ObjectArguments.Create("KIND [NAME...]", "Kinds by plural, singular or short name or by category, with commas between; then names, or KIND/NAME...", required: true);
        var all = new Option<bool>("--all-namespaces", "-A") { Description = "Objects of every namespace" };
        var labels = new Option<string?>("--selector", "-l") { Description = "Only objects with these labels: app=web,tier!=db, 'app in (a,b)'", HelpName = "LABELS" };
        var fields = new Option<string?>("--field-selector") { Description = "Only objects with these fields: metadata.name=x", HelpName = "FIELDS" };
        var output = new Option<string>("--output", "-o") { Description = "table, wide (with all columns), json, yaml or name", DefaultValueFactory = _ => "table", HelpName = "FORM" };
        output.AcceptOnlyFromAmong("table", "wide", "json", "yaml", "name");
        var watch = new Option<bool>("--watch", "-w") { Description = "Go on to show every change, until Ctrl-C" };
        var noHeaders = new Option<bool>("--no-headers") { Description = "Leave the names of the columns out" };
        var managed = new Option<bool>("--show-managed-fields") { Description = "With json and yaml: who set which field" };
        var command = new Command("get", """
            Show objects: all of a kind, or those that are named.

            Examples:
              fabric get subnets
              fabric get nics -A -o wide
              fabric get nic vm.db.default -n team -o yaml
              fabric get fabric -A              # every kind of the category fabric
              fabric get pods,vms -l app=web
              fabric get nics -w
            """)
        {
            words, all, labels, fields, output, watch, noHeaders, managed,
        };
        var connection = new ConnectionOptions(command);
        words.CompleteFrom(connection.Completion.WordsAsync);
        command.SetAction(async (parse, cancellationToken) =>
        {
            using var session = connection.Open(parse);
            var targets = await Target.ResolveAsync(parse.GetValue(words)!, session.Kinds, cancellationToken);
            var selection = new Selection
            {
                Namespace = parse.GetValue(all) ? null : session.Namespace,
                Labels = parse.GetValue(labels),
                Fields = parse.GetValue(fields),
            };
            var options = new ListingOptions
            {
                Form = Enum.Parse<ListingForm>(parse.GetValue(output)!, ignoreCase: true),
                AllNamespaces = parse.GetValue(all),
                ShowKind = targets.Count > 1,
                Header = !parse.GetValue(noHeaders),
                ManagedFields = parse.GetValue(managed),
            };
            Check(targets, selection, options, parse.GetValue(watch));
            return await new ObjectListings(session, targets, selection, options).RunAsync(parse.GetValue(watch), cancellationToken);
        });
        return command;
    }

    private static void Check(IReadOnlyList<Target> targets, Selection selection, ListingOptions options, bool watch)
    {
        var named = targets.Any(target => target.Names.Count > 0);
        if (named && (selection.Labels ?? selection.Fields) is not null)
            throw new CommandFailure("give names or selectors, not both");
        if (named && options.AllNamespaces && targets.Any(target => target.Kind.Namespaced))
            throw new CommandFailure("a resource cannot be retrieved by name across all namespaces: name its namespace with -n");
        if (watch && (targets.Count > 1 || targets[0].Names.Count > 1))
            throw new CommandFailure("--watch takes one kind, and one name at most");
    }
}
