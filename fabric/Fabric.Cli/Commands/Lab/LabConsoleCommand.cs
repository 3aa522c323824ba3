using System.CommandLine;
using Fabric.Cli.Terminal;
using Lab.Runner.Processes;

namespace Fabric.Cli.Commands.Lab;

/// <summary><c>fabric lab console</c>.</summary>
internal static class LabConsoleCommand
{
    private const byte Leave = 0x1d; // Ctrl-], as with telnet and virtctl console.

    internal static Command Create()
    {
        var lab = LabCommand.LabOption();
        var vm = new Argument<string>("VM") { Description = "NAMESPACE/NAME, or a name in namespace default" };
        var command = new Command("console", "Connect to a VM's serial console; Ctrl-] leaves") { lab, vm };
        command.SetAction(async (parse, cancellationToken) =>
        {
            var opened = LabCommand.Open(parse, lab);
            await using var console = await opened.OpenConsoleAsync(LabCommand.ParseKey(parse.GetValue(vm)!), cancellationToken);
            if (Console.IsInputRedirected)
            {
                throw new CommandFailure("a console needs a terminal; to run one command use fabric lab exec --vm");
            }

            await Console.Error.WriteLineAsync("connected; Ctrl-] leaves, Enter shows a prompt");
            var saved = (await Tool.RunAsync("stty", ["-F", "/dev/tty", "-g"], cancellationToken)).Trim();
            await Tool.RunAsync("stty", ["-F", "/dev/tty", "raw", "-echo"], cancellationToken);
            try
            {
                await ConverseAsync(console, cancellationToken);
            }
            finally
            {
                await Tool.RunAsync("stty", ["-F", "/dev/tty", saved], CancellationToken.None);
                await Console.Error.WriteLineAsync();
            }
        });
        return command;
    }

    private static async Task ConverseAsync(Stream console, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using var screen = Console.OpenStandardOutput();
        await using var keyboard = Console.OpenStandardInput();
        var shown = console.CopyToAsync(screen, ending.Token);
        var typed = TypeAsync(keyboard, console, ending.Token);
        await Task.WhenAny(shown, typed);
        await ending.CancelAsync();
    }

    private static async Task TypeAsync(Stream keyboard, Stream console, CancellationToken cancellationToken)
    {
        var buffer = new byte[256];
        int read;
        while ((read = await keyboard.ReadAsync(buffer, cancellationToken)) > 0)
        {
            var keys = buffer.AsMemory(0, read);
            if (keys.Span.Contains(Leave))
            {
                return;
            }

            await console.WriteAsync(keys, cancellationToken);
        }
    }
}
