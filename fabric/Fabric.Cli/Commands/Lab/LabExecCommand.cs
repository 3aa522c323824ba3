using System.CommandLine;
using Lab.Runner.Processes;

namespace Fabric.Cli.Commands.Lab;

/// <summary><c>fabric lab exec</c>.</summary>
internal static class LabExecCommand
{
    // What a person waits for at a prompt; for longer work there is the console.
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(10);

    internal static Command Create()
    {
        var lab = LabCommand.LabOption();
        var guest = new Option<bool>("--vm") { Description = "POD names a VM: run the command inside its guest" };
        var pod = new Argument<string>("POD") { Description = "NAMESPACE/NAME, or a name in namespace default" };
        var words = new Argument<string[]>("CMD") { Description = "The command and its arguments, behind --", Arity = ArgumentArity.OneOrMore };
        var command = new Command("exec", "Run a command in a pod, or with --vm in a VM's guest; exits as the command does") { lab, guest, pod, words };
        command.SetAction(async (parse, cancellationToken) =>
        {
            var opened = LabCommand.Open(parse, lab);
            var key = LabCommand.ParseKey(parse.GetValue(pod)!);
            var line = parse.GetValue(words)!;
            ToolResult result = parse.GetValue(guest)
                ? await opened.GuestExecAsync(key, line, Deadline, cancellationToken)
                : await opened.ExecAsync(key, line, Deadline, cancellationToken);
            await Console.Out.WriteAsync(result.Output);
            await Console.Error.WriteAsync(result.Error);
            return result.ExitCode;
        });
        return command;
    }
}
