using System.CommandLine;
using Fabric.Cli.Terminal;
using Lab.Cluster;
using Lab.Runner.Relay;

namespace Fabric.Cli.Commands.Lab;

/// <summary><c>fabric lab runner</c>: started by <c>lab up</c>, one for each lab.</summary>
internal static class LabRunnerCommand
{
    internal static Command Create()
    {
        var lab = LabCommand.LabOption();
        var command = new Command("runner", "Play scheduler, kubelets and KubeVirt for a lab; started by lab up") { lab };
        command.Hidden = true;
        command.SetAction(async (parse, cancellationToken) =>
        {
            Root.Require("fabric lab runner");
            using var logs = Logs.ToStandardError();
            var opened = LabCommand.Open(parse, lab);
            using var relay = ApiRelay.Listen(opened.Record);
            using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            Task[] work = [relay.RunAsync(stopping.Token), LabCluster.RunAsync(opened.Record, opened.Folder.Kubeconfig, logs, stopping.Token)];
            try
            {
                // Neither ends but by cancellation or a fault, and neither is of use without the other.
                await await Task.WhenAny(work);
            }
            finally
            {
                await stopping.CancelAsync();
            }
        });
        return command;
    }
}
