using Spectre.Console;

namespace Fabric.Cli.Terminal;

/// <summary>Standard output for tables: as wide as a terminal is, and never wrapped where there is none.</summary>
internal static class Wide
{
    private const int Unwrapped = 400;

    internal static IAnsiConsole Console { get; } = Create();

    private static IAnsiConsole Create()
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(System.Console.Out) });
        if (System.Console.IsOutputRedirected)
        {
            console.Profile.Width = Unwrapped;
            console.Profile.Capabilities.ColorSystem = ColorSystem.NoColors;
            console.Profile.Capabilities.Ansi = false;
        }

        return console;
    }
}
