using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Ovs.Ovsdb;
using Ovs.Vswitch;

namespace Cni.Agent.Migrating;

/// <summary>
/// What a node proves its name with to other nodes: the certificate with which its ovn-controller does so to OVN (table SSL of the switch's
/// database). OVN's role-based access control has its common name be the chassis name, which is the node's.
/// </summary>
/// <param name="Certificate">The certificate with its key.</param>
/// <param name="Authorities">Who must have signed the other's.</param>
internal sealed record NodeCredentials(X509Certificate2 Certificate, X509Certificate2Collection Authorities)
{
    /// <summary>Reads them; null where OVN is reached without TLS, or the files cannot be read.</summary>
    internal static NodeCredentials? Read(OvsdbSnapshot vswitch, out string? fault)
    {
        fault = null;
        if (vswitch.Table<Ssl>().FirstOrDefault() is not { PrivateKey.Length: > 0, Certificate.Length: > 0, CaCert.Length: > 0 } files)
        {
            fault = "the switch's database names no certificate (ovs-vsctl set-ssl)";
            return null;
        }

        try
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPemFile(files.CaCert);
            return new(X509Certificate2.CreateFromPemFile(files.Certificate, files.PrivateKey), authorities);
        }
        catch (Exception e) when (e is IOException or CryptographicException or UnauthorizedAccessException)
        {
            fault = $"the node's certificate cannot be read: {e.Message}";
            return null;
        }
    }

    /// <summary>The node that proved its name on a connection, or null.</summary>
    internal static string? NameOf(SslStream stream) =>
        stream.RemoteCertificate is X509Certificate2 certificate && certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false) is { Length: > 0 } name ? name : null;

    internal SslServerAuthenticationOptions ServerOptions() => new()
    {
        ServerCertificate = Certificate,
        ClientCertificateRequired = true,
        CertificateChainPolicy = Policy(),
        RemoteCertificateValidationCallback = (_, certificate, _, errors) => certificate is not null && errors == SslPolicyErrors.None,
    };

    /// <summary>The name is compared by the caller: it is a node's, and no host's.</summary>
    internal SslClientAuthenticationOptions ClientOptions() => new()
    {
        TargetHost = "",
        ClientCertificates = [Certificate],
        CertificateChainPolicy = Policy(),
        RemoteCertificateValidationCallback = (_, certificate, _, errors) => certificate is not null && (errors & ~SslPolicyErrors.RemoteCertificateNameMismatch) == SslPolicyErrors.None,
    };

    private X509ChainPolicy Policy()
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
        };
        policy.CustomTrustStore.AddRange(Authorities);
        return policy;
    }
}
