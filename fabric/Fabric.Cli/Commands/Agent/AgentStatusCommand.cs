using System.CommandLine;
using System.Text.Json;
using Cni.Agent;
using Cni.Agent.Observing;
using Fabric.Cli.Terminal;
using Lab.Runner.Lifecycle;
using Lab.Runner.State;

namespace Fabric.Cli.Commands.Agent;

/// <summary><c>fabric agent status</c>.</summary>
internal static class AgentStatusCommand
{
    internal static Command Create()
    {
        var socket = new Option<string>("--socket") { Description = "The agent's unix socket", DefaultValueFactory = _ => AgentCommand.DefaultSocket };
        var output = new Option<string>("--output", "-o") { Description = "text or json", DefaultValueFactory = _ => "text" };
        output.AcceptOnlyFromAmong("text", "json");
        var command = new Command("status", "Show how the node's agent is, its endpoints and its last errors; exits 1 when something is not well") { socket, output };
        command.SetAction(async (parse, cancellationToken) =>
        {
            Root.Require("fabric agent status");
            var status = await AskAsync(parse.GetValue(socket)!, cancellationToken);
            var writer = parse.InvocationConfiguration.Output;
            if (parse.GetValue(output) == "json")
            {
                await writer.WriteLineAsync(JsonSerializer.Serialize(status, AgentStatusJson.Default.AgentStatus));
            }
            else
            {
                AgentStatusText.Write(writer, status, TimeProvider.System.GetUtcNow());
            }

            return status.Healthy ? 0 : 1;
        });
        return command;
    }

    private static async Task<AgentStatus> AskAsync(string socket, CancellationToken cancellationToken)
    {
        try
        {
            return await StatusQuery.AskAsync(socket, cancellationToken);
        }
        catch (AgentException e) when (socket == AgentCommand.DefaultSocket && LabSocket() is { } lab)
        {
            throw new CommandFailure($"{e.Message}. In a lab each node has its own: --socket {lab}");
        }
    }

    private static string? LabSocket()
    {
        try
        {
            return FabricLab.List() is [var first, ..] ? FabricLab.Open(first).Record.Nodes[0].CniSocket : null;
        }
        catch (LabException)
        {
            return null;
        }
    }
}
