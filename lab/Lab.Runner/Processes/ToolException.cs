namespace Lab.Runner.Processes;

/// <summary>A command-line tool failed, is missing, or took longer than it may.</summary>
/// <remarks>The message is one paragraph for people: the command, how it ended, and what it printed to standard error.</remarks>
public sealed class ToolException : Exception
{
    /// <summary>Describes one failed run.</summary>
    /// <param name="command">The command line as a shell would show it.</param>
    /// <param name="exitCode">The exit code, or null when the tool did not start or was ended at its deadline.</param>
    /// <param name="detail">What the tool printed to standard error, or why it did not run.</param>
    /// <param name="inner">The fault beneath, if any.</param>
    public ToolException(string command, int? exitCode, string detail, Exception? inner = null)
        : base(Describe(command, exitCode, detail), inner)
    {
        Command = command;
        ExitCode = exitCode;
        Detail = detail;
    }

    /// <summary>The command line as a shell would show it.</summary>
    public string Command { get; }

    /// <summary>The exit code; null when the tool did not start or was ended at its deadline.</summary>
    public int? ExitCode { get; }

    /// <summary>Standard error, or why the tool did not run.</summary>
    public string Detail { get; }

    private static string Describe(string command, int? exitCode, string detail)
    {
        string how = exitCode is { } code ? $"exit code {code}" : "did not finish";
        return detail.Length == 0 ? $"`{command}`: {how}" : $"`{command}`: {how}: {detail}";
    }
}
