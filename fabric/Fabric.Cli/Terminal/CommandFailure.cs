namespace Fabric.Cli.Terminal;

/// <summary>A failure a user can act on: its message is the whole of what is printed.</summary>
internal sealed class CommandFailure(string message, int exitCode = 1) : Exception(message)
{
    /// <summary>The program's exit code.</summary>
    public int ExitCode { get; } = exitCode;
}
