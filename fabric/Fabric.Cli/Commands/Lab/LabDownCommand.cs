using System.CommandLine;
using Fabric.Cli.Terminal;
using Lab.Runner.Lifecycle;

namespace Fabric.Cli.Commands.Lab;

/// <summary><c>fabric lab down</c>.</summary>
internal static class LabDownCommand
{
    internal static Command Create()
    {
        var lab = LabCommand.LabOption();
        var all = new Option<bool>("--all") { Description = "All labs of this machine" };
        var command = new Command("down", "Remove a lab by what it recorded, in whatever state it is") { lab, all };
        command.SetAction(async (parse, cancellationToken) =>
        {
            Root.Require("fabric lab down");
            if (FabricLab.List().Count == 0 && parse.GetValue(lab) is null)
            {
                Console.WriteLine("no lab is up");
            }

            foreach (var id in Choose(parse.GetValue(lab), parse.GetValue(all)))
            {
                await FabricLab.DownAsync(id, cancellationToken);
                Console.WriteLine($"lab {id} is gone");
            }
        });
        return command;
    }

    private static IReadOnlyList<string> Choose(string? lab, bool all) => (lab, all, FabricLab.List()) switch
    {
        (null, true, var labs) => labs,
        (not null, false, _) => [lab],
        (null, false, [] or [_]) => FabricLab.List(),
        (null, false, var labs) => throw new CommandFailure($"several labs are up ({string.Join(", ", labs)}): choose with --lab, or take --all"),
        _ => throw new CommandFailure("--lab and --all exclude each other"),
    };
}
