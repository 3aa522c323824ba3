using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Fabric.Kube.Configuration;
using Node.Testing;

namespace Fabric.Kube.Tests.Configuration;

public sealed class KubeConfigTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fabric-kubeconfig-").FullName;

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private string Config(string cluster = "server: https://127.0.0.1:6443", string user = "token: secret", string context = "one") => Write("config", $$"""
        apiVersion: v1
        kind: Config
        current-context: {{context}}
        clusters:
        - name: c
          cluster: { {{cluster}} }
        users:
        - name: u
          user: { {{user}} }
        contexts:
        - name: one
          context: { cluster: c, user: u, namespace: space }
        - name: two
          context: { cluster: missing, user: u }
        """);

    private static (string Certificate, string Key) SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=test", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2046, 1, 1, 0, 0, 0, TimeSpan.Zero));
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    [Fact]
    public void A_token_an_authority_in_a_file_beside_it_and_a_client_certificate_are_read()
    {
        var (certificate, key) = SelfSigned();
        Write("ca.pem", certificate);
        var data = Convert.ToBase64String(Encoding.UTF8.GetBytes(certificate));
        var keyData = Convert.ToBase64String(Encoding.UTF8.GetBytes(key));
        var connection = KubeConnection.FromFile(Config(
            "server: 'https://[::1]:6443/prefix', certificate-authority: ca.pem, tls-server-name: kubernetes",
            $"token: secret, client-certificate-data: {data}, client-key-data: {keyData}"));
        Assert.Equal("https://[::1]:6443/prefix", connection.Server.ToString());
        Assert.Equal("CN=test", Assert.Single(connection.CertificateAuthorities).Subject);
        Assert.True(connection.ClientCertificate!.HasPrivateKey);
        Assert.Equal(("secret", "space", "kubernetes"), (connection.Token!.Read(), connection.Namespace, connection.TlsServerName));
    }

    [Theory]
    [InlineData("server: https://x", "exec: { command: aws }", "one", "'exec', which is not supported")]
    [InlineData("server: https://x", "username: a, password: b", "one", "'username', which is not supported")]
    [InlineData("server: https://x, insecure-skip-tls-verify: true", "token: t", "one", "insecure-skip-tls-verify is not supported")]
    [InlineData("server: 127.0.0.1", "token: t", "one", "is not an http(s) address")]
    [InlineData("proxy-url: x", "token: t", "one", "cluster 'c' has no server")]
    [InlineData("server: https://x", "token: t", "two", "cluster 'missing' is not among clusters (c)")]
    [InlineData("server: https://x", "token: t", "three", "context 'three' is not among contexts (one, two)")]
    [InlineData("server: https://x", "token: t", "", "current-context is not set")]
    [InlineData("server: https://x, certificate-authority: none.pem", "token: t", "one", "certificate-authority cannot be read")]
    [InlineData("server: https://x", "client-certificate-data: '%%'", "one", "client-certificate cannot be read")]
    [InlineData("server: https://x", "client-key-data: YQ==", "one", "needs both client-certificate and client-key")]
    public void What_cannot_be_used_is_named(string cluster, string user, string context, string problem)
    {
        var path = Config(cluster, user, context);
        var e = Assert.Throws<KubeConfigException>(() => KubeConnection.FromFile(path));
        Assert.StartsWith(path, e.Message, StringComparison.Ordinal);
        Assert.Contains(problem, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a: [", "not valid YAML")]
    [InlineData("just text", "this is not a kubeconfig")]
    [InlineData("", "this is not a kubeconfig")]
    public void What_is_no_kubeconfig_is_said(string text, string problem) =>
        Assert.Contains(problem, Assert.Throws<KubeConfigException>(() => KubeConnection.FromFile(Write("bad", text))).Message, StringComparison.Ordinal);

    [Fact]
    public void A_missing_file_is_said() =>
        Assert.Contains("cannot be read", Assert.Throws<KubeConfigException>(() => KubeConnection.FromFile(Path.Combine(_folder, "none"))).Message, StringComparison.Ordinal);

    [Fact]
    public void A_pod_finds_its_cluster()
    {
        Write("token", "first\n");
        Write("namespace", "space");
        Write("ca.crt", SelfSigned().Certificate);
        var connection = KubeConnection.InCluster("fd00::1", "443", _folder);
        Assert.Equal("https://[fd00::1]/", connection.Server.ToString());
        Assert.Equal(("first", "space"), (connection.Token!.Read(), connection.Namespace));
        Assert.Single(connection.CertificateAuthorities);
    }

    [Fact]
    public void Outside_a_pod_it_is_said_what_to_give_instead() =>
        Assert.Contains("Give a kubeconfig", Assert.Throws<KubeConfigException>(() => KubeConnection.InCluster(null, null, _folder)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_rotated_token_is_read_again_after_a_minute_or_after_a_refusal()
    {
        var time = new ManualTime();
        var path = Write("token", "first");
        var token = BearerToken.FromFile(path, time);
        Assert.Equal("first", token.Read());
        File.WriteAllText(path, "second");
        Assert.Equal("first", token.Read());
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("second", token.Read());
        File.WriteAllText(path, "third");
        token.Invalidate();
        Assert.Equal("third", token.Read());
        File.Delete(path);
        token.Invalidate();
        Assert.Equal("third", token.Read());
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
