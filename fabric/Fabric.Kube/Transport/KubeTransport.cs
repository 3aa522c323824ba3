using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Fabric.Kube.Configuration;
using Microsoft.Extensions.Logging;

namespace Fabric.Kube.Transport;

/// <summary>Sends requests over HTTP/2, checks the server's certificate against the pinned authorities, and repeats what is safe to repeat.</summary>
internal sealed class KubeTransport : IDisposable
{
    private static readonly Backoff RetryWait = new(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(5));

    /// <summary>A server that asks for more is better served by the caller's own queue.</summary>
    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromSeconds(30);

    private readonly KubeConnection _connection;
    private readonly KubeClientOptions _options;
    private readonly HttpClient _http;

    public KubeTransport(KubeConnection connection, KubeClientOptions options)
    {
        _connection = connection;
        _options = options;
        var server = connection.Server.AbsoluteUri;
        _http = new HttpClient(connection.Handler ?? CreateHandler(connection), disposeHandler: connection.Handler is null)
        {
            BaseAddress = new Uri(server.EndsWith('/') ? server : server + "/"),
            Timeout = Timeout.InfiniteTimeSpan,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue(options.FieldManager, "1"));
        _http.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
    }

    private static SocketsHttpHandler CreateHandler(KubeConnection connection)
    {
        var handler = new SocketsHttpHandler
        {
            // The server is pinned by its certificate authority: a proxy from the environment has no place between.
            UseProxy = false,
            AllowAutoRedirect = false,
            EnableMultipleHttp2Connections = true,
            AutomaticDecompression = DecompressionMethods.GZip,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            // A watch may be silent for a minute: pings find a peer that vanished without a FIN.
            KeepAlivePingDelay = TimeSpan.FromSeconds(15),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(2),
        };
        if (connection.CertificateAuthorities.Count > 0)
        {
            var policy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                // A private authority publishes no revocation list that could be fetched.
                RevocationMode = X509RevocationMode.NoCheck,
            };
            policy.CustomTrustStore.AddRange(connection.CertificateAuthorities);
            handler.SslOptions.CertificateChainPolicy = policy;
        }
        if (connection.ClientCertificate is { } certificate)
            handler.SslOptions.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true);
        return handler;
    }

    /// <summary>Sends and returns the whole answer's body.</summary>
    /// <exception cref="KubeException">The server refused, failed, or did not answer in time.</exception>
    public async Task<ReadOnlyMemory<byte>> SendAsync(KubeRequest request, CancellationToken cancellationToken) =>
        (await ExchangeAsync(request, cancellationToken)).Body;

    /// <summary>Sends and returns the whole answer.</summary>
    /// <exception cref="KubeException">The server refused, failed, or did not answer in time.</exception>
    public async Task<KubeResponse> ExchangeAsync(KubeRequest request, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            TimeSpan wait;
            try
            {
                return await SendOnceAsync(request, cancellationToken);
            }
            catch (KubeException e) when (attempt < _options.Attempts && MayRepeat(request, e))
            {
                wait = RetryWait.Delay(attempt);
                if (e.RetryAfter is { } asked)
                {
                    if (asked > LongestRetryAfter)
                        throw;
                    wait += asked;
                }
                _options.Logger.LogDebug("{Operation} failed ({Reason}); again in {Wait}", request.Operation, e.Reason, wait);
            }
            await Task.Delay(wait, _options.Time, cancellationToken);
        }
    }

    /// <summary>Sends once and leaves the body to be read as it comes; the caller disposes the answer.</summary>
    public async Task<HttpResponseMessage> OpenStreamAsync(KubeRequest request, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(_options.RequestTimeout, _options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            return await SendCoreAsync(request, either.Token);
        }
        catch (Exception e) when (IsUnanswered(e, cancellationToken))
        {
            throw Unanswered(request, e);
        }
    }

    private async Task<KubeResponse> SendOnceAsync(KubeRequest request, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(_options.RequestTimeout, _options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            using var response = await SendCoreAsync(request, either.Token);
            return new KubeResponse(response.StatusCode, await response.Content.ReadAsByteArrayAsync(either.Token), WarningHeader.Read(response.Headers));
        }
        catch (Exception e) when (IsUnanswered(e, cancellationToken))
        {
            throw Unanswered(request, e);
        }
    }

    private async Task<HttpResponseMessage> SendCoreAsync(KubeRequest request, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(request.Method, request.PathAndQuery.TrimStart('/'));
        message.Version = _http.DefaultRequestVersion;
        message.VersionPolicy = _http.DefaultVersionPolicy;
        if (_connection.Token is { } token)
            message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Read());
        if (request.Accept is { } accept)
            message.Headers.Accept.ParseAdd(accept);
        // The handler takes the name to verify from the Host header where there is one.
        message.Headers.Host = _connection.TlsServerName;
        if (!request.Body.IsEmpty)
        {
            message.Content = new ReadOnlyMemoryContent(request.Body);
            message.Content.Headers.ContentType = new MediaTypeHeaderValue(request.ContentType);
        }
        var response = await _http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (response.IsSuccessStatusCode)
            return response;
        using (response)
        {
            if (response.StatusCode == HttpStatusCode.Unauthorized)
                _connection.Token?.Invalidate();
            throw await KubeStatus.ReadAsync(request.Operation, response, _options.Time, cancellationToken);
        }
    }

    /// <summary>A read always; a write only when the server says that it did not look at it.</summary>
    private static bool MayRepeat(KubeRequest request, KubeException e) =>
        e.Code == HttpStatusCode.TooManyRequests || (request.Method == HttpMethod.Get && e.IsTransient);

    private static bool IsUnanswered(Exception e, CancellationToken cancellationToken) => e switch
    {
        OperationCanceledException => !cancellationToken.IsCancellationRequested,
        HttpRequestException or IOException => true,
        _ => false,
    };

    private KubeException Unanswered(KubeRequest request, Exception e) => e is OperationCanceledException
        ? new KubeException(request.Operation, code: null, "Timeout", $"no answer from {_connection.Server} within {_options.RequestTimeout.TotalSeconds:0.#} s", e)
        : new KubeException(request.Operation, code: null, "Unreachable", $"no answer from {_connection.Server}: {Innermost(e)}", e);

    private static string Innermost(Exception e)
    {
        // "The SSL connection could not be established, see inner exception" helps nobody.
        while (e.InnerException is { } inner)
            e = inner;
        return e.Message;
    }

    public void Dispose() => _http.Dispose();
}
