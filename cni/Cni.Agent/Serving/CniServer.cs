using System.Net.Sockets;
using System.Text.Json;
using Cni.Agent.Observing;
using Cni.Protocol;
using Fabric.Kube.Transport;
using Microsoft.Extensions.Logging;
using Ovs.Ovsdb;

namespace Cni.Agent.Serving;

/// <summary>
/// The unix socket the plugin talks to: one request and one answer a connection, a line of JSON each. Only root is served:
/// the socket's mode says so, and the credentials of whoever connects are looked at besides.
/// </summary>
internal sealed class CniServer : IDisposable
{
    // One request may wait for OVN and for addresses. The plugin waits for 150 s, the kubelet for four minutes.
    private static readonly TimeSpan RequestBudget = TimeSpan.FromSeconds(120);

    // A plugin sends its line at once; anything slower is no plugin.
    private static readonly TimeSpan ReadBudget = TimeSpan.FromSeconds(10);

    private readonly Socket _listener;
    private readonly Func<CniRequest, CancellationToken, Task<CniReply>> _handle;
    private readonly Func<CancellationToken, Task<AgentStatus>> _report;
    private readonly RequestObserver _observer;
    private readonly ILogger _logger;

    private CniServer(
        Socket listener, Func<CniRequest, CancellationToken, Task<CniReply>> handle, Func<CancellationToken, Task<AgentStatus>> report, RequestObserver observer, ILogger logger)
    {
        _listener = listener;
        _handle = handle;
        _report = report;
        _observer = observer;
        _logger = logger;
    }

    /// <summary>Listens on <paramref name="path"/>; a socket left there by an agent that was killed is replaced.</summary>
    /// <exception cref="AgentException">Another agent is listening there.</exception>
    internal static CniServer Listen(
        string path, Func<CniRequest, CancellationToken, Task<CniReply>> handle, Func<CancellationToken, Task<AgentStatus>> report, RequestObserver observer, ILogger logger)
    {
        if (IsAnswered(path))
        {
            throw new AgentException($"another agent listens on {path}: end it first, or choose another --socket");
        }

        File.Delete(path);
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            listener.Bind(new UnixDomainSocketEndPoint(path));
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            listener.Listen(1024);
            return new CniServer(listener, handle, report, observer, logger);
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    /// <summary>Serves until cancelled, then lets requests in flight end.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        var open = new HashSet<Task>();
        try
        {
            while (true)
            {
                var connection = await _listener.AcceptAsync(cancellationToken);
                open.Add(ServeAsync(connection, cancellationToken));
                open.RemoveWhere(task => task.IsCompleted);
            }
        }
        finally
        {
            await Task.WhenAll(open);
        }
    }

    public void Dispose() => _listener.Dispose();

    private async Task ServeAsync(Socket connection, CancellationToken stopping)
    {
        using var budget = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        budget.CancelAfter(RequestBudget);
        try
        {
            await using var stream = new NetworkStream(connection, ownsSocket: true);
            if (PeerCredentials.UserOf(connection) is var user and not 0)
            {
                _logger.LogWarning("user {User} was turned away from the socket", user);
                return;
            }

            var reply = await AnswerAsync(await ReadLineAsync(stream, budget.Token), budget.Token, stopping);
            await JsonSerializer.SerializeAsync(stream, reply, CniJson.Default.CniReply, stopping);
            stream.WriteByte((byte)'\n');
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            // The plugin went: its runtime asks again, or has given up. What was made is in the journal.
            _logger.LogDebug("a plugin went before its answer: {Message}", e.Message);
        }
    }

    private async Task<CniReply> AnswerAsync(ReadOnlyMemory<byte> line, CancellationToken budget, CancellationToken stopping)
    {
        CniRequest request;
        try
        {
            request = CniRequest.Parse(line.Span);
        }
        catch (JsonException e)
        {
            _logger.LogWarning("a malformed request: {Message}", e.Message);
            return Error(null, CniErrorCode.MalformedContent, "the request is malformed", e.Message);
        }

        if (request.Command == StatusQuery.Command)
        {
            return new CniReply(0, JsonSerializer.SerializeToElement(await _report(budget), AgentStatusJson.Default.AgentStatus));
        }

        var timeline = _observer.Begin();
        var reply = await GrantAsync(request, budget, stopping);
        _observer.Complete(request, reply, timeline);
        return reply;
    }

    private async Task<CniReply> GrantAsync(CniRequest request, CancellationToken budget, CancellationToken stopping)
    {
        var version = request.Config.CniVersion;
        try
        {
            CheckVersion(version, request.Command);
            return await _handle(request, budget);
        }
        catch (CniFailure e)
        {
            return Error(version, e.Code, e.Message, e.Details);
        }
        catch (JsonException e)
        {
            return Error(version, CniErrorCode.MalformedContent, "the request is malformed", e.Message);
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            return Error(version, CniErrorCode.TryAgainLater, $"{request.Command} {request.ContainerId} {request.Ifname} was not done within {RequestBudget.TotalSeconds:0} s", null);
        }
        catch (Exception e) when (e is KubeException or OvsdbException or IOException)
        {
            return Error(version, CniErrorCode.TryAgainLater, e.Message, null);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            _logger.LogError(e, "{Command} {Container} {Interface} failed", request.Command, request.ContainerId, request.Ifname);
            return Error(version, CniErrorCode.InputOutput, e.Message, "See the agent's log");
        }
    }

    private static void CheckVersion(string? version, string command)
    {
        if (!CniVersions.IsSupported(version))
        {
            throw new CniFailure(CniErrorCode.IncompatibleVersion, $"CNI version {version ?? CniVersions.Unnamed} is not spoken", $"Spoken are {string.Join(", ", CniVersions.Supported)}");
        }

        if (!CniVersions.Has(version!, command))
        {
            throw new CniFailure(CniErrorCode.IncompatibleVersion, $"CNI version {version} has no {command}", "Name a newer cniVersion in the network configuration");
        }
    }

    private static CniReply Error(string? version, int code, string message, string? details) => CniReply.Of(new CniError
    {
        CniVersion = CniVersions.IsSupported(version) ? version : CniVersions.Newest,
        Code = code,
        Msg = message,
        Details = details,
    });

    private static async Task<ReadOnlyMemory<byte>> ReadLineAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        using var budget = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        budget.CancelAfter(ReadBudget);
        var buffer = new byte[16 * 1024];
        var length = 0;
        while (true)
        {
            if (length == buffer.Length)
            {
                if (length >= CniRequest.MaxBytes)
                {
                    throw new IOException("the request is too large");
                }

                Array.Resize(ref buffer, length * 2);
            }

            var read = await stream.ReadAsync(buffer.AsMemory(length), budget.Token);
            length += read;
            var end = buffer.AsSpan(0, length).IndexOf((byte)'\n');
            if (end >= 0)
            {
                return buffer.AsMemory(0, end);
            }

            if (read == 0)
            {
                throw new IOException("the request ends in the middle");
            }
        }
    }

    private static bool IsAnswered(string path)
    {
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
