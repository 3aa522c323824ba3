using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Fabric.Kube.Configuration;
using Fabric.Kube.Transport;
using Fabric.Resources;

namespace Fabric.Kube;

/// <summary>
/// One connection to a Kubernetes API, a cluster's or the embedded one: the callers cannot tell. Safe for concurrent use;
/// HTTP/2 carries all requests and watches over few connections.
/// </summary>
public sealed class KubeClient : IDisposable
{
    private readonly KubeTransport _transport;

    /// <summary>Prepares the connection; nothing is sent yet.</summary>
    public KubeClient(KubeConnection connection, KubeClientOptions? options = null)
    {
        Connection = connection;
        Options = options ?? new KubeClientOptions();
        _transport = new KubeTransport(connection, Options);
    }

    /// <summary>Where this client is connected to.</summary>
    public KubeConnection Connection { get; }

    /// <summary>The options it was made with.</summary>
    public KubeClientOptions Options { get; }

    /// <summary>The operations on one type of object.</summary>
    public KubeResource<T> Resource<T>(ResourceType<T> type)
        where T : class, IKubeObject => new(type, _transport, Options);

    /// <summary>Whether the server knows the type, that is, whether its CustomResourceDefinition is installed and served.</summary>
    /// <exception cref="KubeException">The question could not be answered.</exception>
    public async Task<bool> ServesAsync<T>(ResourceType<T> type, CancellationToken cancellationToken)
        where T : class, IKubeObject
    {
        var path = type.Group.Length == 0 ? $"/api/{type.Version}" : $"/apis/{type.ApiVersion}";
        try
        {
            using var document = JsonDocument.Parse(await _transport.SendAsync(new KubeRequest(HttpMethod.Get, path), cancellationToken));
            return document.RootElement.TryGetProperty("resources", out var resources)
                && resources.EnumerateArray().Any(r => r.TryGetProperty("name", out var name) && name.ValueEquals(type.Plural));
        }
        catch (KubeException e) when (e.IsNotFound)
        {
            return false;
        }
    }

    /// <summary>Whether the server answers and says that it is ready (<c>/readyz</c>).</summary>
    public async Task<bool> IsReadyAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _transport.SendAsync(new KubeRequest(HttpMethod.Get, "/readyz"), cancellationToken);
            return true;
        }
        catch (KubeException)
        {
            return false;
        }
    }

    /// <summary>Sends a request about objects of any kind.</summary>
    /// <exception cref="KubeException">The server refused, failed, or did not answer in time.</exception>
    public Task<KubeResponse> SendAsync(KubeRequest request, CancellationToken cancellationToken) => _transport.ExchangeAsync(request, cancellationToken);

    /// <summary>Sends a request whose answer has no end, such as a watch.</summary>
    /// <returns>The answer's lines as they come, until the server ends them.</returns>
    /// <exception cref="KubeException">The request was refused, or the stream broke.</exception>
    public async IAsyncEnumerable<string> ReadLinesAsync(KubeRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var response = await _transport.OpenStreamAsync(request, cancellationToken);
        using var reader = new LineReader(request.Operation, await response.Content.ReadAsStreamAsync(cancellationToken));
        while (await reader.ReadAsync(cancellationToken, cancellationToken) is { } line)
        {
            if (!line.IsEmpty)
                yield return Encoding.UTF8.GetString(line.Span);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _transport.Dispose();
}
