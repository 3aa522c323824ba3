using System.Net.Sockets;
using System.Text;
using Lab.Runner.Processes;
using Lab.Runner.State;

namespace Lab.Runner.Qemu;

/// <summary>
/// Runs commands inside a guest over its second serial line. One line goes in, <c>ID BASE64</c>; one comes out,
/// <c>ID EXIT BASE64-OUT BASE64-ERR</c>: see the guest's init.
/// </summary>
/// <param name="socket">QEMU's unix socket of that line; it takes one caller at a time and keeps others waiting.</param>
public sealed class GuestCommands(string socket)
{
    /// <summary>Runs a command to its end.</summary>
    /// <param name="command">Program and arguments.</param>
    /// <param name="deadline">How long it may take, waiting for an earlier caller included.</param>
    /// <param name="cancellationToken">Stops waiting; the command goes on.</param>
    /// <exception cref="LabException">The guest is gone or does not answer in time.</exception>
    public Task<ToolResult> RunAsync(IReadOnlyList<string> command, TimeSpan deadline, CancellationToken cancellationToken) =>
        RunScriptAsync(string.Join(' ', command.Select(Quote)), deadline, cancellationToken);

    /// <summary>Runs a shell script to its end.</summary>
    /// <inheritdoc cref="RunAsync"/>
    public async Task<ToolResult> RunScriptAsync(string script, TimeSpan deadline, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(deadline);
        try
        {
            using var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), limit.Token);
            await using var stream = new NetworkStream(connection);
            var id = Guid.NewGuid().ToString("N");
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"{id} {Convert.ToBase64String(Encoding.UTF8.GetBytes(script))}\n"), limit.Token);
            using var reader = new StreamReader(stream, Encoding.ASCII);
            while (await reader.ReadLineAsync(limit.Token) is { } line)
            {
                // An answer to an earlier caller that did not wait for it is passed over.
                if (Parse(line, id) is { } result)
                {
                    return result;
                }
            }

            throw new LabException("the guest ended while it ran the command");
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            throw new LabException("the guest is not there: has it ended?", e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new LabException($"the guest did not answer within {deadline.TotalSeconds:0} s", e);
        }
    }

    /// <summary>Reads an answer line.</summary>
    /// <returns>Null when it is not the answer to <paramref name="id"/>, whole.</returns>
    internal static ToolResult? Parse(string line, string id)
    {
        var fields = line.TrimEnd('\r').Split(' ');
        if (fields.Length != 4 || !fields[0].EndsWith(id, StringComparison.Ordinal) || !int.TryParse(fields[1], out var exitCode))
        {
            return null;
        }

        try
        {
            return new ToolResult(exitCode, Decode(fields[2]), Decode(fields[3]));
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static string Decode(string base64) => Encoding.UTF8.GetString(Convert.FromBase64String(base64));

    private static string Quote(string word) => $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
