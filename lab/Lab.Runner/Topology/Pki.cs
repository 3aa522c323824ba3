using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Lab.Runner.Topology;

/// <summary>The lab's own certificate authority for OVN's southbound database: each node proves its name, the database its own.</summary>
/// <remarks>ovn-controller's common name must be its chassis name, which role-based access control compares: ovn-sb(5), RBAC.</remarks>
internal sealed class Pki : IDisposable
{
    private readonly string _folder;
    private readonly X509Certificate2 _authority;
    private readonly DateTimeOffset _from = DateTimeOffset.UtcNow.AddMinutes(-5);
    private readonly DateTimeOffset _until = DateTimeOffset.UtcNow.AddYears(1);

    private Pki(string folder)
    {
        _folder = folder;
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Fabric lab authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        _authority = request.CreateSelfSigned(_from, _until);
    }

    /// <summary>Makes an authority; its key never leaves this process.</summary>
    public static Pki Create(string folder)
    {
        State.LabFolder.Make(folder);
        var pki = new Pki(folder);
        File.WriteAllText(Path.Combine(folder, "ca.pem"), pki._authority.ExportCertificatePem());
        return pki;
    }

    /// <summary>Issues a certificate and writes it and its key beside the authority's.</summary>
    /// <returns>The options that make an OVS or OVN program use it.</returns>
    public IReadOnlyList<string> Issue(string commonName)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(new X500DistinguishedName($"CN={commonName}"), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        using X509Certificate2 certificate = request.Create(_authority, _from, _until, RandomNumberGenerator.GetBytes(16));
        string certificatePath = Path.Combine(_folder, $"{commonName}.pem");
        string keyPath = Path.Combine(_folder, $"{commonName}.key");
        File.WriteAllText(certificatePath, certificate.ExportCertificatePem());
        File.WriteAllText(keyPath, key.ExportPkcs8PrivateKeyPem());
        return [$"--private-key={keyPath}", $"--certificate={certificatePath}", $"--ca-cert={Path.Combine(_folder, "ca.pem")}"];
    }

    /// <inheritdoc/>
    public void Dispose() => _authority.Dispose();
}
