using System.Net.Sockets;
using System.Text.Json;
using Cni.Protocol;

namespace Cni.Agent.Observing;

/// <summary>Asks a running agent for its status, on the socket that its plugin calls.</summary>
public static class StatusQuery
{
    // The agent asks its peers, each for at most two seconds; an agent under load may take longer to come to it.
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(20);

    /// <summary>The command, which is none of the specification: the plugin forwards no such one.</summary>
    internal const string Command = "FABRIC_STATUS";

    /// <summary>Asks.</summary>
    /// <param name="path">The agent's socket.</param>
    /// <exception cref="AgentException">There is no agent that answers; the message says what to do.</exception>
    public static async Task<AgentStatus> AskAsync(string path, CancellationToken cancellationToken)
    {
        using var budget = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        budget.CancelAfter(Budget);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), budget.Token);
            await using var stream = new NetworkStream(socket);
            await stream.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(new CniRequest { Command = Command }, CniJson.Default.CniRequest), budget.Token);
            await stream.WriteAsync("\n"u8.ToArray(), budget.Token);
            var reply = await JsonSerializer.DeserializeAsync(stream, CniJson.Default.CniReply, budget.Token);
            return reply is { ExitCode: 0, Output: { } output } && output.Deserialize(AgentStatusJson.Default.AgentStatus) is { } status
                ? status
                : throw new AgentException($"the agent at {path} does not know its status: it is older than this command");
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.AccessDenied)
        {
            throw new AgentException($"only root may ask the agent at {path}: run this with sudo", e);
        }
        catch (Exception e) when (e is SocketException or ArgumentOutOfRangeException)
        {
            throw new AgentException(
                File.Exists(path)
                    ? $"no agent listens on {path} any more: it has ended; its log says why, and its endpoints go on without it"
                    : $"there is no agent at {path}: start fabric agent on this node, or give the --socket it was started with",
                e);
        }
        catch (Exception e) when (e is JsonException or IOException)
        {
            throw new AgentException($"what the agent at {path} answers cannot be read: {e.Message}", e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new AgentException($"the agent at {path} did not answer within {Budget.TotalSeconds:0} s: it may still be mending what an earlier one left; see its log", e);
        }
    }
}
