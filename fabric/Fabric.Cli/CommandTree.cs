using System.CommandLine;
using Fabric.Cli.Commands;
using Fabric.Cli.Commands.Agent;
using Fabric.Cli.Commands.Bench;
using Fabric.Cli.Commands.Bpf;
using Fabric.Cli.Commands.Lab;
using Fabric.Cli.Commands.Objects;
using Fabric.Cli.Commands.Tracing;

namespace Fabric.Cli;

/// <summary>All commands.</summary>
internal static class CommandTree
{
    /// <param name="input">What <c>-f -</c> reads.</param>
    internal static RootCommand Create(Func<Stream> input)
    {
        var root = new RootCommand("Fabric: one routed network for KubeVirt virtual machines and pods")
        {
            GetCommand.Create(), DescribeCommand.Create(), ExplainCommand.Create(), ApplyCommand.Create(input), DeleteCommand.Create(input),
            ServerCommand.Create(), AgentCommand.Create(), LabCommand.Create(), BpfCommand.Create(), TraceCommand.Create(), WhyCommand.Create(), BenchCommand.Create(), CrdsCommand.Create(), CompletionCommand.Create(),
        };
        root.Add(CompletionCommand.CreateHidden(root));
        return root;
    }
}
