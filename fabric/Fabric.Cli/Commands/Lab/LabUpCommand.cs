using System.CommandLine;
using Fabric.Cli.Terminal;
using Lab.Runner.Lifecycle;

namespace Fabric.Cli.Commands.Lab;

/// <summary><c>fabric lab up</c>.</summary>
internal static class LabUpCommand
{
    internal static Command Create()
    {
        var nodes = new Option<int>("--nodes") { Description = $"How many nodes, 1 to {LabOptions.MaxNodes}", DefaultValueFactory = _ => 2 };
        var name = new Option<string?>("--name") { Description = "The lab's id, 1 to 6 of a-z and 0-9; made up when left out" };
        var command = new Command("up", "Bring a lab up") { nodes, name };
        command.SetAction(async (parse, cancellationToken) =>
        {
            Root.Require("fabric lab up");
            FabricLab lab;
            using (var steps = new StepReporter())
            {
                try
                {
                    lab = await FabricLab.UpAsync(Programs.LabOptions(parse.GetValue(name), parse.GetValue(nodes)), steps, cancellationToken);
                }
                catch
                {
                    steps.Fail();
                    throw;
                }
            }

            Console.WriteLine($"lab {lab.Record.Id} is up with {lab.Record.Nodes.Count} nodes");
            Console.WriteLine($"  export KUBECONFIG={lab.Folder.Kubeconfig}");
            Console.WriteLine($"  fabric lab down --lab {lab.Record.Id}");
        });
        return command;
    }
}
