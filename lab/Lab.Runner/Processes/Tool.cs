using System.Buffers;
using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Lab.Runner.Processes;

/// <summary>Runs command-line tools (ip, tc, ovs-vsctl) while a lab is set up or taken down.</summary>
public static class Tool
{
    private static readonly SearchValues<char> NeedsQuotes = SearchValues.Create(" \t\n\"'$\\");

    // Every tool here works on local state and ends in well under a second; a minute means that it hangs.
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(1);

    /// <summary>Runs a tool to its end.</summary>
    /// <param name="file">Name on PATH, or a path.</param>
    /// <param name="arguments">Passed as they are; no shell is involved.</param>
    /// <param name="cancellationToken">Ends the tool.</param>
    /// <param name="input">Written to standard input, which is otherwise empty.</param>
    /// <param name="environment">Set in addition to the caller's environment.</param>
    /// <returns>Standard output.</returns>
    /// <exception cref="ToolException">The tool is missing, printed an error and failed, or outlived a minute.</exception>
    public static async Task<string> RunAsync(
        string file,
        IReadOnlyList<string> arguments,
        CancellationToken cancellationToken,
        string? input = null,
        IReadOnlyDictionary<string, string>? environment = null)
    {
        ToolResult result = await TryRunAsync(file, arguments, cancellationToken, input, environment);
        return result.ExitCode == 0
            ? result.Output
            : throw new ToolException(CommandLine(file, arguments), result.ExitCode, (result.Error.Length > 0 ? result.Error : result.Output).Trim());
    }

    /// <summary>Runs a tool to its end and hands back whatever it said, also when it failed.</summary>
    /// <param name="file">Name on PATH, or a path.</param>
    /// <param name="arguments">Passed as they are; no shell is involved.</param>
    /// <param name="cancellationToken">Ends the tool.</param>
    /// <param name="input">Written to standard input, which is otherwise empty.</param>
    /// <param name="environment">Set in addition to the caller's environment.</param>
    /// <exception cref="ToolException">The tool is missing or outlived a minute.</exception>
    public static async Task<ToolResult> TryRunAsync(
        string file,
        IReadOnlyList<string> arguments,
        CancellationToken cancellationToken,
        string? input = null,
        IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        using var process = new Process { StartInfo = start };
        try
        {
            process.Start();
        }
        catch (Win32Exception e)
        {
            throw new ToolException(CommandLine(file, arguments), exitCode: null, $"cannot start: {e.Message}", e);
        }

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Deadline);
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(deadline.Token);
            Task<string> error = process.StandardError.ReadToEndAsync(deadline.Token);
            await WriteInputAsync(process, input, deadline.Token);
            await process.WaitForExitAsync(deadline.Token);
            return new ToolResult(process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException e)
        {
            process.Kill(entireProcessTree: true);
            cancellationToken.ThrowIfCancellationRequested();
            throw new ToolException(CommandLine(file, arguments), exitCode: null, $"still running after {Deadline.TotalSeconds:0} s, ended", e);
        }
    }

    internal static string CommandLine(string file, IReadOnlyList<string> arguments) =>
        string.Join(' ', arguments.Prepend(file).Select(a => a.Length > 0 && !a.AsSpan().ContainsAny(NeedsQuotes) ? a : $"'{a}'"));

    private static async Task WriteInputAsync(Process process, string? input, CancellationToken cancellationToken)
    {
        try
        {
            await process.StandardInput.WriteAsync(input.AsMemory(), cancellationToken);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The tool ended without reading all of it: its exit code and its error text say why.
        }
    }
}

/// <summary>How a tool ended and what it said.</summary>
/// <param name="ExitCode">0 is success.</param>
/// <param name="Output">Standard output.</param>
/// <param name="Error">Standard error.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct ToolResult(int ExitCode, string Output, string Error);
