using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Fabric.ApiServer;
using Fabric.Kube;
using Fabric.Kube.Configuration;
using Fabric.Kube.Transport;
using Fabric.Server.Admission;

namespace Fabric.Server.Tests;

/// <summary>The embedded API with Fabric's kinds and its admission, and no control plane behind it.</summary>
public sealed partial class BadInputServer : IAsyncLifetime
{
    public const string Root = "/apis/fabric.vmnet.io/v1alpha1";

    private readonly string _folder = Directory.CreateTempSubdirectory("fabric-bad-").FullName;
    private ApiServerHost? _host;
    private KubeClient? _client;

    public KubeClient Client => _client!;

    public string Kubeconfig => _host!.AdminKubeconfigPath;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _host = await ApiServerHost.StartAsync(
            new ApiServerOptions
            {
                DataDirectory = _folder,
                Listen = [new IPEndPoint(IPAddress.Loopback, 0)],
                CrdDirectories = [Path.Combine(AppContext.BaseDirectory, "crds")],
                Admissions = [new NetworkAdmission()],
            },
            Token);
        _client = new KubeClient(KubeConnection.FromFile(_host.AdminKubeconfigPath), new KubeClientOptions { Attempts = 1 });
        await SendAsync(HttpMethod.Post, $"{Root}/vpcs", """{"apiVersion":"fabric.vmnet.io/v1alpha1","kind":"Vpc","metadata":{"name":"default"},"spec":{}}""");
    }

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        await _host!.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    public Task<KubeResponse> SendAsync(HttpMethod method, string path, string? body = null, string contentType = "application/json") =>
        SendAsync(method, path, body is null ? default : Encoding.UTF8.GetBytes(body), contentType);

    public Task<KubeResponse> SendAsync(HttpMethod method, string path, ReadOnlyMemory<byte> body, string contentType = "application/json") =>
        _client!.SendAsync(new KubeRequest(method, path) { Body = body, ContentType = contentType }, Token);

    /// <summary>Applies an object as the command line does.</summary>
    public Task<KubeResponse> ApplyAsync(string plural, string name, string manifest) =>
        SendAsync(HttpMethod.Patch, $"{Root}/{plural}/{name}?fieldManager=test", manifest, "application/apply-patch+yaml");

    /// <summary>The refusal of a request, which must say what a refusal has to say.</summary>
    public static async Task<KubeException> RefusedAsync(Func<Task<KubeResponse>> request)
    {
        var refused = await Assert.ThrowsAsync<KubeException>(request);
        CheckRefusal(refused);
        return refused;
    }

    /// <summary>A refusal has a word for programs and a sentence for people, and so has each field that it names.</summary>
    public static void CheckRefusal(KubeException refused)
    {
        Assert.True(refused.Code is >= HttpStatusCode.BadRequest and < HttpStatusCode.InternalServerError, $"{refused.Code}: {refused.Message}");
        Assert.Matches(CamelCase(), refused.Reason);
        Assert.True(refused.Detail.Length > 10, refused.Detail);
        Assert.All(refused.Causes, cause =>
        {
            Assert.Matches(CamelCase(), cause.Reason);
            Assert.False(string.IsNullOrEmpty(cause.Field), refused.Detail);
            Assert.Contains(cause.Message, refused.Detail, StringComparison.Ordinal);
        });
        if (refused.Code == HttpStatusCode.UnprocessableEntity)
            Assert.NotEmpty(refused.Causes);
    }

    public static JsonObject Parse(KubeResponse response) => (JsonObject)JsonNode.Parse(response.Body.Span)!;

    [GeneratedRegex("^([A-Z][A-Za-z0-9]*)+$")]
    private static partial Regex CamelCase();
}
