using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Fabric.ApiServer.Admission;
using Fabric.ApiServer.Authentication;

namespace Fabric.ApiServer.Tests;

/// <summary>An answer: its code and body.</summary>
internal sealed record Answer(HttpStatusCode Code, JsonObject Body, HttpResponseMessage Response)
{
    public string? Text(params ReadOnlySpan<string> path)
    {
        JsonNode? node = Body;
        foreach (var step in path)
            node = node is JsonArray list ? list[int.Parse(step)] : node?[step];
        return node?.ToString();
    }
}

/// <summary>A real server on loopback, with the test CRDs, and a client for it.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    public const string Widgets = "/apis/test.example.com/v1/namespaces/default/widgets";
    public const string Blocks = "/apis/test.example.com/v1/blocks";

    private readonly TemporaryFolder _folder;
    private readonly bool _ownsFolder;

    private TestServer(ApiServerHost host, TemporaryFolder folder, bool ownsFolder)
    {
        Host = host;
        _folder = folder;
        _ownsFolder = ownsFolder;
        Client = ClientFor(host.AdminKubeconfigPath);
    }

    public ApiServerHost Host { get; }

    public HttpClient Client { get; }

    public static string Crds => Path.Combine(AppContext.BaseDirectory, "crds");

    public static async Task<TestServer> StartAsync(TemporaryFolder? folder = null, int history = 10_000, TimeProvider? clock = null, params IReadOnlyList<IAdmission> admissions)
    {
        var own = folder ?? new TemporaryFolder();
        var host = await ApiServerHost.StartAsync(
            new ApiServerOptions
            {
                DataDirectory = own.Path,
                Listen = [new IPEndPoint(IPAddress.Loopback, 0)],
                CrdDirectories = [Crds],
                Admissions = admissions,
                HistoryPerResource = history,
                TimeProvider = clock ?? TimeProvider.System,
            },
            TestContext.Current.CancellationToken);
        return new TestServer(host, own, folder is null);
    }

    public HttpClient ClientFor(string? kubeconfigPath)
    {
        var authority = X509CertificateLoader.LoadCertificate(Encoding.ASCII.GetBytes(File.ReadAllText(_folder.File("ca.crt"))));
        var handler = new SocketsHttpHandler
        {
            SslOptions =
            {
                RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                {
                    using var chain = new X509Chain();
                    chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
                    chain.ChainPolicy.CustomTrustStore.Add(authority);
                    chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
                    return chain.Build((X509Certificate2)certificate!);
                },
            },
        };
        var client = new HttpClient(handler) { BaseAddress = new Uri($"https://{Host.Endpoints[0]}") };
        if (kubeconfigPath is not null)
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Kubeconfig.ReadToken(kubeconfigPath));
        return client;
    }

    public Task<Answer> GetAsync(string path, string? accept = null) => SendAsync(HttpMethod.Get, path, null, accept: accept);

    public Task<Answer> PostAsync(string path, string body, string contentType = "application/json") => SendAsync(HttpMethod.Post, path, body, contentType);

    public Task<Answer> PutAsync(string path, string body) => SendAsync(HttpMethod.Put, path, body);

    public Task<Answer> PatchAsync(string path, string body, string contentType = "application/merge-patch+json") => SendAsync(HttpMethod.Patch, path, body, contentType);

    public Task<Answer> DeleteAsync(string path, string? body = null) => SendAsync(HttpMethod.Delete, path, body);

    public async Task<Answer> SendAsync(HttpMethod method, string path, string? body, string contentType = "application/json", string? accept = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, MediaTypeHeaderValue.Parse(contentType));
        if (accept is not null) request.Headers.TryAddWithoutValidation("Accept", accept);
        var response = await Client.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return new Answer(response.StatusCode, JsonNode.Parse(text) as JsonObject ?? [], response);
    }

    /// <summary>Asks again until an answer is as wanted; fails after a minute.</summary>
    public async Task<Answer> EventuallyAsync(string path, Predicate<Answer> wanted)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (true)
        {
            var answer = await GetAsync(path);
            if (wanted(answer)) return answer;
            Assert.False(deadline.IsCancellationRequested, $"{path} did not become as wanted: {answer.Body}");
            // Whoever only asks takes the processor from what is waited for.
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Host.DisposeAsync();
        if (_ownsFolder) _folder.Dispose();
    }

    public static string Widget(string name, string spec = """{"color":"red"}""", string metadata = "")
        => $$"""{"apiVersion":"test.example.com/v1","kind":"Widget","metadata":{"name":"{{name}}"{{metadata}}},"spec":{{spec}}}""";

    public static string Block(string name, int first, int last, string metadata = "")
        => $$$"""{"apiVersion":"test.example.com/v1","kind":"Block","metadata":{"name":"{{{name}}}"{{{metadata}}}},"spec":{"first":{{{first}}},"last":{{{last}}}}}""";
}
