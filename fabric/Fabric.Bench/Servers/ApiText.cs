using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using Fabric.Kube.Configuration;

namespace Fabric.Bench.Servers;

/// <summary>Reads what an API server says, as text: objects with every field there is, and <c>/metrics</c>.</summary>
internal sealed class ApiText : IDisposable
{
    private readonly HttpClient _http;

    internal ApiText(KubeConnection connection)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(connection.CertificateAuthorities);
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false, SslOptions = { CertificateChainPolicy = policy } }) { BaseAddress = connection.Server };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", connection.Token?.Read());
    }

    /// <summary>Reads one path.</summary>
    /// <exception cref="BenchException">The server does not say.</exception>
    internal async Task<string> GetAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return await _http.GetStringAsync(path, cancellationToken);
        }
        catch (HttpRequestException e)
        {
            throw new BenchException($"{path} of the server cannot be read: {e.Message}", e);
        }
    }

    public void Dispose() => _http.Dispose();
}
