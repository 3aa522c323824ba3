using System.CommandLine;
using Fabric.Cli.Commands.Objects;
using Fabric.Cli.Output;
using Fabric.Cli.Tracing;

namespace Fabric.Cli.Commands.Tracing;

/// <summary><c>fabric why</c>: what says what a Nic may send and receive.</summary>
internal static class WhyCommand
{
    internal static Command Create()
    {
        var nic = new Argument<string>("NIC") { Description = "A Nic, or pod/NAME or vm/NAME; with NAMESPACE/ before it if need be" };
        var command = new Command("why", """
            List what says what a Nic may send and receive, in the order in which it is asked: the first that matches decides.

            Examples:
              fabric why vm.db.default -n team
              fabric why vm/db -n team
            """)
        {
            nic,
        };
        var connection = new ConnectionOptions(command);
        command.SetAction(async (parse, cancellationToken) =>
        {
            using var session = connection.Open(parse);
            var view = await NetworkView.ReadAsync(session, cancellationToken);
            var found = view.FindNic(parse.GetValue(nic)!, session.Namespace);
            new TableText([new("DIRECTION", false), new("ACTION", false), new("TRAFFIC", false), new("PEERS", false), new("BY", false)])
                .Write(session.Output, [.. NicRules.Of(view, found)], header: true);
        });
        return command;
    }
}
