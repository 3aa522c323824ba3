using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using Cni.Agent;
using Fabric.ApiServer.Storage;
using Fabric.Bench;
using Fabric.Cli.Api;
using Fabric.Kube.Configuration;
using Fabric.Kube.Transport;
using Fabric.Server;
using Lab.Runner.Processes;
using Lab.Runner.State;

namespace Fabric.Cli.Terminal;

/// <summary>Runs a command line so that whatever a user can act on ends in one message, not in a stack trace.</summary>
internal static class Invocation
{
    // What a shell shows for a program ended by Ctrl-C: 128 + SIGINT.
    private const int Interrupted = 130;

    // After SIGTERM or Ctrl-C a server gives its lease back and a lab takes down what it began. Kubernetes kills after 30 s.
    private static readonly TimeSpan EndingBudget = TimeSpan.FromSeconds(25);

    internal static async Task<int> RunAsync(RootCommand root, string[] args, TextWriter output, TextWriter error, CancellationToken cancellationToken = default)
    {
        try
        {
            var parse = root.Parse(args.Length == 0 ? ["--help"] : args);
            if (parse.Action is ParseErrorAction)
                return await RefuseAsync(parse, error);
            return await parse.InvokeAsync(
                new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = EndingBudget, Output = output, Error = error }, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return Interrupted;
        }
        catch (CommandFailure e)
        {
            await error.WriteLineAsync($"error: {e.Message}");
            return e.ExitCode;
        }
        catch (KubeException e)
        {
            await error.WriteLineAsync(Failures.Describe(e));
            return 1;
        }
        catch (Exception e) when (IsForTheUser(e))
        {
            await error.WriteLineAsync($"error: {e.Message}");
            return 1;
        }
    }

    /// <summary>Says what is wrong with the command line, and where its help is: the whole help would push the message off the screen.</summary>
    private static async Task<int> RefuseAsync(ParseResult parse, TextWriter error)
    {
        foreach (var problem in parse.Errors)
            await error.WriteLineAsync($"error: {problem.Message}");
        var commands = parse.CommandResult.Command.Subcommands.Where(command => !command.Hidden).Select(command => command.Name);
        if (parse.UnmatchedTokens is [var unknown, ..] && Likeness.Nearest(unknown, commands) is { } near)
            await error.WriteLineAsync($"Did you mean {near}?");
        List<string> path = [];
        for (SymbolResult? at = parse.CommandResult; at is CommandResult { Command: not RootCommand } command; at = at.Parent)
            path.Insert(0, command.Command.Name);
        await error.WriteLineAsync($"See 'fabric {string.Concat(path.Select(name => name + " "))}--help'.");
        return 1;
    }

    private static bool IsForTheUser(Exception e) => e
        is AgentException or BenchException or ServerException or StoreException or KubeConfigException
        or LabException or ToolException or IOException or UnauthorizedAccessException or FormatException or TimeoutException;
}
