using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using Node.Testing;
using Ovs.Northbound;
using Ovs.Ovsdb.Tests.Servers;

namespace Ovs.Ovsdb.Tests;

[Trait("kind", "ovs")]
public sealed class TransportTests
{
    [Fact]
    public async Task A_database_is_reached_by_TCP_and_a_dead_member_is_passed_over()
    {
        var folder = Directory.CreateTempSubdirectory("fabric-ovsdb-").FullName;
        var log = Path.Combine(folder, "db.log");
        await using var server = await OvsdbServer.StartAsync(OvsdbServer.NorthboundSchema, "db", folder, "--remote=ptcp:0:127.0.0.1", $"--log-file={log}");
        var port = await PortAsync(log);
        await using var client = new OvsdbClient(Clients.Options(server.Endpoint) with
        {
            Endpoints = OvsdbEndpoint.ParseList($"unix:{server.Folder}/nobody,tcp:127.0.0.1:{port}"),
        });
        await client.InsertAsync(new LogicalSwitch { Name = "s" });
    }

    [Fact]
    public async Task A_socket_that_is_not_there_is_called_that()
    {
        var fault = await Assert.ThrowsAnyAsync<IOException>(() => OvsdbEndpoint.Unix("/nowhere/db.sock").OpenAsync(tls: null, TestContext.Current.CancellationToken));
        Assert.Equal("there is no such socket: is the server running?", fault.Message);
    }

    [Fact]
    public async Task Both_sides_of_an_encrypted_connection_show_certificates_of_one_authority()
    {
        var folder = Directory.CreateTempSubdirectory("fabric-ovsdb-").FullName;
        using var authority = Authority("authority");
        using var stranger = Authority("stranger");
        File.WriteAllText(Path.Combine(folder, "ca.pem"), authority.ExportCertificatePem());
        var (serverKey, serverCertificate) = Issue(folder, "server", authority);
        var (clientKey, clientCertificate) = Issue(folder, "client", authority);
        var log = Path.Combine(folder, "db.log");
        await using var server = await OvsdbServer.StartAsync(
            OvsdbServer.NorthboundSchema, "db", folder,
            "--remote=pssl:0:127.0.0.1", $"--log-file={log}", $"--private-key={serverKey}", $"--certificate={serverCertificate}", $"--ca-cert={Path.Combine(folder, "ca.pem")}");
        var port = await PortAsync(log);
        var options = Clients.Options(server.Endpoint) with { Endpoints = [OvsdbEndpoint.Parse($"ssl:127.0.0.1:{port}")] };

        await using (var client = new OvsdbClient(options with { Tls = OvsdbTls.FromPemFiles(clientKey, clientCertificate, Path.Combine(folder, "ca.pem")) }))
        {
            await client.InsertAsync(new LogicalSwitch { Name = "s" });
        }

        File.WriteAllText(Path.Combine(folder, "stranger.pem"), stranger.ExportCertificatePem());
        await using var distrustful = new OvsdbClient(options with { Tls = OvsdbTls.FromPemFiles(clientKey, clientCertificate, Path.Combine(folder, "stranger.pem")) });
        await Eventually.HoldsAsync(() => distrustful.LastFault?.Message.Contains("certificate", StringComparison.OrdinalIgnoreCase) == true);
        Assert.Equal(0, distrustful.Connections);
    }

    /// <summary>The port that the server was given: one that was free when it was looked for may be another's when it starts.</summary>
    private static async Task<int> PortAsync(string log)
    {
        var said = Match.Empty;
        await Eventually.HoldsAsync(() =>
        {
            said = Regex.Match(File.ReadAllText(log), @"(?<=listening on port )[0-9]+(?=\n)", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1));
            return said.Success;
        });
        return int.Parse(said.Value);
    }

    private static X509Certificate2 Authority(string name)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    private static (string Key, string Certificate) Issue(string folder, string name, X509Certificate2 authority)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.Create(authority, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1), RandomNumberGenerator.GetBytes(8));
        var (keyPath, certificatePath) = (Path.Combine(folder, $"{name}-key.pem"), Path.Combine(folder, $"{name}-cert.pem"));
        File.WriteAllText(keyPath, key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(certificatePath, certificate.ExportCertificatePem());
        return (keyPath, certificatePath);
    }
}
