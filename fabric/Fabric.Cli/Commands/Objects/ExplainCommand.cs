using System.CommandLine;
using Fabric.Cli.Completion;
using Fabric.Cli.Explaining;
using Fabric.Cli.Terminal;

namespace Fabric.Cli.Commands.Objects;

/// <summary><c>fabric explain</c>: what a kind's fields are for and what they may hold.</summary>
internal static class ExplainCommand
{
    internal static Command Create()
    {
        var word = new Argument<string>("KIND[.FIELD...]") { Description = "A kind, or a field of it: subnet.spec.dhcp", HelpName = "KIND[.FIELD...]" };
        var recursive = new Option<bool>("--recursive") { Description = "All fields below, as a tree" };
        var command = new Command("explain", """
            Say what a kind or one of its fields is for, of what type it is and within which bounds.

            Examples:
              fabric explain subnet
              fabric explain subnet.spec.dhcp.leaseSeconds
              fabric explain vm.spec --recursive
            """)
        {
            word, recursive,
        };
        var connection = new ConnectionOptions(command, namespaced: false);
        word.CompleteFrom(connection.Completion.FieldsAsync);
        command.SetAction(async (parse, cancellationToken) =>
        {
            using var session = connection.Open(parse);
            var path = parse.GetValue(word)!.Split('.', StringSplitOptions.RemoveEmptyEntries);
            if (path.Length == 0)
                throw new CommandFailure("name a kind, such as subnet");
            var kinds = await session.Kinds.FindAsync(path[0], cancellationToken);
            if (kinds is not [var kind])
                throw new CommandFailure($"{path[0]} is a category: name one of {string.Join(", ", kinds.Select(each => each.Plural))}");
            var document = await SchemaDocument.ReadAsync(session, kind, cancellationToken);
            new Explanation(session.Output).Write(kind, document.Of(kind), path[1..], parse.GetValue(recursive));
        });
        return command;
    }
}
