using Lab.Runner.Processes;
using Lab.Runner.State;

namespace Fabric.Cli.Datapath;

/// <summary>Has established flows of a lab pass Open vSwitch by, or not.</summary>
internal static class FastPathSwitch
{
    /// <summary>Turns the fast path of every node on or off, by the command that people use.</summary>
    internal static async Task SetAsync(LabRecord lab, string fabric, bool on, CancellationToken cancellationToken)
    {
        foreach (var node in lab.Nodes)
        {
            await Tool.RunAsync("nsenter", [$"--net=/run/netns/{node.Namespace}", "--", fabric, "bpf", on ? "attach" : "detach"], cancellationToken);
        }
    }
}
