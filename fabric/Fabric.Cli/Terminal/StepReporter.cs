using System.Diagnostics;
using Spectre.Console;

namespace Fabric.Cli.Terminal;

/// <summary>
/// Says what long work is doing: on a terminal one line that is rewritten until its step is done, elsewhere a plain line
/// when a step begins and nothing that a log could not hold. It writes to standard error, so that standard output keeps
/// the answer.
/// </summary>
internal sealed class StepReporter : IProgress<string>, IDisposable
{
    private readonly IAnsiConsole _console;
    private readonly bool _live;
    private readonly Lock _lock = new();
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private string? _step;
    private TimeSpan _began;

    /// <summary>A reporter on standard error.</summary>
    public StepReporter()
    {
        _console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        _live = !Console.IsErrorRedirected && _console.Profile.Capabilities.Ansi;
    }

    /// <summary>Ends the step before, if any, and begins <paramref name="value"/>.</summary>
    public void Report(string value)
    {
        lock (_lock)
        {
            Finish(done: true);
            _step = value;
            _began = _clock.Elapsed;
            if (_live)
            {
                _console.Markup($"[grey]…[/] {Markup.Escape(value)}");
            }
            else
            {
                Console.Error.WriteLine($"- {value}");
            }
        }
    }

    /// <summary>Ends the last step as failed; the error itself is printed by whoever ends the program.</summary>
    public void Fail()
    {
        lock (_lock)
        {
            Finish(done: false);
        }
    }

    /// <summary>Ends the last step.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            Finish(done: true);
        }
    }

    private void Finish(bool done)
    {
        if (_step is null)
        {
            return;
        }

        if (_live)
        {
            var took = (_clock.Elapsed - _began).TotalSeconds;
            var mark = done ? "[green]✓[/]" : "[red]✗[/]";
            _console.Write(new ControlCode("\r\u001b[2K"));
            _console.MarkupLine($"{mark} {Markup.Escape(_step)} [grey]{took:0.0} s[/]");
        }

        _step = null;
    }
}
