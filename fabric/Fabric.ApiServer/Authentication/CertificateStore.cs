using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fabric.ApiServer.Storage;

namespace Fabric.ApiServer.Authentication;

/// <summary>The server's certificate authority and certificate, kept in the data directory and renewed in time.</summary>
internal sealed class CertificateStore : IDisposable
{
    private static readonly TimeSpan AuthorityLifetime = TimeSpan.FromDays(3650);
    private static readonly TimeSpan ServerLifetime = TimeSpan.FromDays(365);

    /// <summary>A certificate with less than this left is replaced.</summary>
    private static readonly TimeSpan RenewBefore = TimeSpan.FromDays(30);

    /// <summary>Clients' clocks may be behind.</summary>
    private static readonly TimeSpan Backdated = TimeSpan.FromHours(1);

    private readonly Lock _lock = new();
    private readonly DataDirectory _directory;
    private readonly SortedSet<string> _names;
    private readonly TimeProvider _clock;
    private readonly X509Certificate2 _authority;
    private X509Certificate2 _server;
    private SslStreamCertificateContext _presented;

    /// <param name="names">DNS names and addresses under which the server is reached.</param>
    /// <exception cref="StoreException">A key or certificate in the directory cannot be read.</exception>
    public CertificateStore(DataDirectory directory, IEnumerable<string> names, TimeProvider clock)
    {
        _directory = directory;
        _clock = clock;
        _names = new SortedSet<string>(names, StringComparer.Ordinal);
        _authority = Load("ca") ?? Save("ca", CreateAuthority());
        var server = Load("server");
        _server = server is not null && IsUsable(server) ? server : Save("server", CreateServer());
        _presented = Present(_server);
    }

    /// <summary>What clients trust.</summary>
    public string AuthorityPem => _authority.ExportCertificatePem();

    /// <summary>
    /// What to present now; a new certificate is made when the current one nears its end. Connections share it, so that only
    /// the first one pays for the chain and later ones of the same client can resume their TLS session.
    /// </summary>
    public SslStreamCertificateContext Current
    {
        get
        {
            lock (_lock)
            {
                if (!IsFresh(_server))
                {
                    _server = Save("server", CreateServer());
                    _presented = Present(_server);
                }

                return _presented;
            }
        }
    }

    public void Dispose()
    {
        _server.Dispose();
        _authority.Dispose();
    }

    /// <summary>Offline: a private authority has no issuer that could be fetched, and a handshake must not wait for one.</summary>
    private static SslStreamCertificateContext Present(X509Certificate2 certificate)
        => SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true);

    private bool IsUsable(X509Certificate2 certificate)
    {
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault();
        var present = names is null ? [] : names.EnumerateDnsNames().Concat(names.EnumerateIPAddresses().Select(a => a.ToString()));
        return IsFresh(certificate) && _names.SetEquals(present) && certificate.Issuer == _authority.Subject;
    }

    private bool IsFresh(X509Certificate2 certificate) => certificate.NotAfter.ToUniversalTime() - _clock.GetUtcNow().UtcDateTime > RenewBefore;

    private X509Certificate2 CreateAuthority()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN=fabric-ca-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        var now = _clock.GetUtcNow();
        return request.CreateSelfSigned(now - Backdated, now + AuthorityLifetime);
    }

    private X509Certificate2 CreateServer()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=fabric-apiserver", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_authority, true, false));
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (var name in _names)
        {
            if (IPAddress.TryParse(name, out var address)) alternatives.AddIpAddress(address);
            else alternatives.AddDnsName(name);
        }

        request.CertificateExtensions.Add(alternatives.Build());
        var now = _clock.GetUtcNow();
        var last = new DateTimeOffset(_authority.NotAfter);
        var end = now + ServerLifetime < last ? now + ServerLifetime : last;
        using var certificate = request.Create(_authority, now - Backdated, end, RandomNumberGenerator.GetBytes(16));
        return certificate.CopyWithPrivateKey(key);
    }

    private X509Certificate2? Load(string name)
    {
        var (certificate, key) = (_directory.File(name + ".crt"), _directory.File(name + ".key"));
        if (!File.Exists(certificate) || !File.Exists(key)) return null;
        try
        {
            return X509Certificate2.CreateFromPemFile(certificate, key);
        }
        catch (CryptographicException e)
        {
            throw new StoreException($"The certificate {certificate} or its key cannot be read: {e.Message}. Remove both to have new ones made.", e);
        }
    }

    /// <summary>The key is written first: a certificate on disk always has its key.</summary>
    private X509Certificate2 Save(string name, X509Certificate2 certificate)
    {
        using var key = certificate.GetECDsaPrivateKey()!;
        PrivateFile.Write(_directory.File(name + ".key"), key.ExportPkcs8PrivateKeyPem());
        PrivateFile.Write(_directory.File(name + ".crt"), certificate.ExportCertificatePem());
        return certificate;
    }
}
