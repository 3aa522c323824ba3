using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Fabric.ApiServer.Authentication;
using static Fabric.ApiServer.Tests.TestServer;

namespace Fabric.ApiServer.Tests.Http;

public sealed class SecurityTests
{
    [Theory]
    [InlineData("/healthz", 200)]
    [InlineData("/readyz", 200)]
    [InlineData("/livez", 200)]
    [InlineData("/version", 200)]
    [InlineData("/api", 401)]
    [InlineData("/apis", 401)]
    [InlineData("/openapi/v2", 401)]
    [InlineData("/api/v1/pods", 401)]
    [InlineData("/", 401)]
    public async Task Without_a_token_only_health_and_version_answer(string path, int code)
    {
        await using var server = await StartAsync();
        using var client = server.ClientFor(null);
        var response = await client.GetAsync(path, TestContext.Current.CancellationToken);
        Assert.Equal(code, (int)response.StatusCode);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "wrong");
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync(path, TestContext.Current.CancellationToken)).StatusCode);
    }

    [Theory]
    [InlineData("GET", "/api/v1/pods", 200)]
    [InlineData("GET", "/api/v1/nodes", 403)]
    [InlineData("GET", "/api/v1/nodes/n", 404)]
    [InlineData("GET", "/apis/kubevirt.io/v1/virtualmachines", 403)]
    [InlineData("GET", "/apis/kubevirt.io/v1/namespaces/default/virtualmachineinstances/v", 404)]
    [InlineData("GET", "/apis/fabric.vmnet.io/v1alpha1/ipclaims", 403)]
    [InlineData("GET", "/api/v1/configmaps", 403)]
    [InlineData("POST", "/api/v1/namespaces/default/pods", 403)]
    [InlineData("DELETE", "/api/v1/namespaces/default/pods/p", 403)]
    [InlineData("PATCH", "/api/v1/nodes/n", 403)]
    [InlineData("PATCH", "/apis/fabric.vmnet.io/v1alpha1/namespaces/default/nics/n", 403)]
    [InlineData("PATCH", "/apis/fabric.vmnet.io/v1alpha1/namespaces/default/nics/n/status", 403)]
    [InlineData("PUT", "/apis/fabric.vmnet.io/v1alpha1/namespaces/default/nics/n/status", 404)]
    [InlineData("DELETE", "/apis/fabric.vmnet.io/v1alpha1/namespaces/default/nics/n", 404)]
    [InlineData("DELETE", "/apis/fabric.vmnet.io/v1alpha1/namespaces/default/nics", 403)]
    [InlineData("DELETE", "/apis/fabric.vmnet.io/v1alpha1/subnets/s", 403)]
    [InlineData("POST", "/api/v1/namespaces/default/events", 403)]
    [InlineData("POST", "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases", 403)]
    [InlineData("GET", "/apis/coordination.k8s.io/v1/leases", 403)]
    public async Task An_agent_may_do_what_its_work_needs(string method, string path, int code)
    {
        await using var server = await StartAsync();
        using var client = server.ClientFor(server.Host.AgentKubeconfigPath);
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (method is "POST" or "PATCH") request.Content = new StringContent("{}", Encoding.UTF8, MediaTypeHeaderValue.Parse(method == "PATCH" ? "application/merge-patch+json" : "application/json"));
        var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(code, (int)response.StatusCode);
    }

    [Fact]
    public async Task A_refusal_is_worded_as_Kubernetes_does()
    {
        await using var server = await StartAsync();
        using var client = server.ClientFor(server.Host.AgentKubeconfigPath);
        var text = await client.GetStringOf("/api/v1/namespaces/default/configmaps/c");
        Assert.Contains("configmaps \\\"c\\\" is forbidden: User \\\"fabric:agent\\\" cannot get resource \\\"configmaps\\\" in API group \\\"\\\" in the namespace \\\"default\\\"", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_with_secrets_are_private_and_hold_no_token_but_the_kubeconfigs()
    {
        using var folder = new TemporaryFolder();
        await using var server = await StartAsync(folder);
        var token = Kubeconfig.ReadToken(server.Host.AdminKubeconfigPath)!;
        foreach (var file in Directory.EnumerateFiles(folder.Path))
        {
            if (Path.GetFileName(file) is "kubeconfig" or "agent.kubeconfig" or "tokens.json" or "ca.key" or "server.key")
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
            if (Path.GetFileName(file) is not ("kubeconfig" or "lock" or "objects.db" or "objects.db-wal" or "objects.db-shm"))
                Assert.DoesNotContain(token, await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder.Path));
    }

    [Fact]
    public async Task A_kubeconfig_made_later_carries_its_groups()
    {
        await using var server = await StartAsync();
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("k"), server.Host.CreateKubeconfig("someone", ["nobody"]), TestContext.Current.CancellationToken);
        using var client = server.ClientFor(folder.File("k"));
        Assert.Contains("\"code\":403", await client.GetStringOf("/api/v1/pods"), StringComparison.Ordinal);
        Assert.Contains("APIResourceList", await client.GetStringOf("/api/v1"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Plain_http_gets_no_answer()
    {
        await using var server = await StartAsync();
        using var socket = new TcpClient();
        await socket.ConnectAsync(server.Host.Endpoints[0], TestContext.Current.CancellationToken);
        await socket.GetStream().WriteAsync("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
        using var reader = new StreamReader(socket.GetStream());
        Assert.DoesNotContain("200", await reader.ReadToEndAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public void The_certificate_is_kept_until_it_nears_its_end_or_names_change()
    {
        using var folder = new TemporaryFolder();
        using var directory = Fabric.ApiServer.Storage.DataDirectory.Open(folder.Path);
        var clock = new MovableClock();
        string Serial(params string[] names)
        {
            using var store = new CertificateStore(directory, names, clock);
            return store.Current.TargetCertificate.SerialNumber;
        }

        var first = Serial("localhost");
        Assert.Equal(first, Serial("localhost"));
        var second = Serial("localhost", "10.0.0.1");
        Assert.NotEqual(first, second);
        clock.Now += TimeSpan.FromDays(340);
        Assert.NotEqual(second, Serial("localhost", "10.0.0.1"));
        using var authority = X509CertificateLoader.LoadCertificate(Encoding.ASCII.GetBytes(File.ReadAllText(folder.File("ca.crt"))));
        Assert.Equal(authority.Subject, authority.Issuer);
    }

    [Fact]
    public async Task A_running_server_presents_the_same_certificate_until_it_is_renewed()
    {
        var clock = new MovableClock();
        await using var server = await StartAsync(clock: clock);
        var first = await PresentedAsync(server);
        Assert.Equal(first, await PresentedAsync(server));
        clock.Now += TimeSpan.FromDays(340);
        var second = await PresentedAsync(server);
        Assert.NotEqual(first, second);
        Assert.Equal(second, await PresentedAsync(server));
    }

    /// <summary>The serial number of the certificate that a new connection is shown.</summary>
    private static async Task<string> PresentedAsync(TestServer server)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(server.Host.Endpoints[0], TestContext.Current.CancellationToken);
        await using var stream = new SslStream(socket.GetStream());
        var serial = "";
        await stream.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                RemoteCertificateValidationCallback = (_, certificate, _, errors) =>
                {
                    serial = certificate!.GetSerialNumberString();
                    return !errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch);
                },
            },
            TestContext.Current.CancellationToken);
        return serial;
    }

    private sealed class MovableClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}

internal static class ClientExtensions
{
    public static async Task<string> GetStringOf(this HttpClient client, string path)
    {
        using var response = await client.GetAsync(path, TestContext.Current.CancellationToken);
        return await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }
}
