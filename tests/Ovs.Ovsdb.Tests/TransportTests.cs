using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Ovs.Northbound;
using Ovs.Ovsdb.Tests.Servers;

namespace Ovs.Ovsdb.Tests;

[Trait("kind", "ovs")]
public sealed class TransportTests
{
    [Fact]
    public async Task A_database_is_reached_by_TCP_and_a_dead_member_is_passed_over()
    {
        var port = FreePort();
        await using var server = await OvsdbServer.StartAsync(OvsdbServer.NorthboundSchema, "db", null, $"--remote=ptcp:{port}:127.0.0.1");
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
        var port = FreePort();
        await using var server = await OvsdbServer.StartAsync(
            OvsdbServer.NorthboundSchema, "db", folder,
            $"--remote=pssl:{port}:127.0.0.1", $"--private-key={serverKey}", $"--certificate={serverCertificate}", $"--ca-cert={Path.Combine(folder, "ca.pem")}");
        var options = Clients.Options(server.Endpoint) with { Endpoints = [OvsdbEndpoint.Parse($"ssl:127.0.0.1:{port}")] };

        await using (var client = new OvsdbClient(options with { Tls = OvsdbTls.FromPemFiles(clientKey, clientCertificate, Path.Combine(folder, "ca.pem")) }))
        {
            await client.InsertAsync(new LogicalSwitch { Name = "s" });
        }

        File.WriteAllText(Path.Combine(folder, "stranger.pem"), stranger.ExportCertificatePem());
        await using var distrustful = new OvsdbClient(options with { Tls = OvsdbTls.FromPemFiles(clientKey, clientCertificate, Path.Combine(folder, "stranger.pem")) });
        using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(500));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => distrustful.WaitConnectedAsync(soon.Token));
        Assert.Contains("certificate", distrustful.LastFault!.Message, StringComparison.OrdinalIgnoreCase);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
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
