using System.CommandLine;
using Fabric.Cli.Completion;

namespace Fabric.Cli.Commands;

/// <summary><c>fabric completion</c>, and the hidden command that its scripts call.</summary>
internal static class CompletionCommand
{
    internal static Command Create()
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish", HelpName = "bash|zsh|fish" };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command("completion", """
            Print a script that makes a shell complete commands, kinds and the names of objects.

            Examples:
              source <(fabric completion bash)                 # this shell; in ~/.bashrc every shell
              fabric completion zsh > "${fpath[1]}/_fabric"
              fabric completion fish > ~/.config/fish/completions/fabric.fish
            """)
        {
            shell,
        };
        command.SetAction(parse => parse.InvocationConfiguration.Output.Write(parse.GetValue(shell) switch
        {
            "bash" => ShellScripts.Bash,
            "zsh" => ShellScripts.Zsh,
            _ => ShellScripts.Fish,
        }));
        return command;
    }

    /// <param name="root">All commands.</param>
    internal static Command CreateHidden(RootCommand root)
    {
        var words = new Argument<string[]>("WORD") { Arity = ArgumentArity.ZeroOrMore };
        var command = new Command("__complete", "Print what may stand at the end of a command line") { words };
        command.Hidden = true;
        command.SetAction(async (parse, cancellationToken) =>
        {
            foreach (var (word, description) in await new Completer(root).CompleteAsync(parse.GetValue(words)!, cancellationToken))
                await parse.InvocationConfiguration.Output.WriteLineAsync(description is null ? word : $"{word}\t{description}");
        });
        return command;
    }
}
