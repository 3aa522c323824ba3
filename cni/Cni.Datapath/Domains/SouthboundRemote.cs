using Ovs.Ovsdb;
using Ovs.Vswitch;

namespace Cni.Datapath.Domains;

/// <summary>How ovn-controller reaches the southbound database, from the switch's database: ovn-controller(8).</summary>
/// <param name="Remote"><c>ovn-remote</c>.</param>
/// <param name="PrivateKey">The key's file (table SSL), or null.</param>
/// <param name="Certificate">The certificate's file.</param>
/// <param name="Authority">The file of the authority's certificate.</param>
internal sealed record SouthboundRemote(string Remote, string? PrivateKey, string? Certificate, string? Authority)
{
    /// <summary>Reads it; null before the node is set up.</summary>
    internal static SouthboundRemote? Read(OvsdbSnapshot vswitch)
    {
        if (vswitch.Table<OpenVSwitch>().FirstOrDefault() is not { } root || !root.ExternalIds.TryGetValue("ovn-remote", out var remote))
        {
            return null;
        }

        var tls = vswitch.Table<Ssl>().FirstOrDefault();
        return new(remote, tls?.PrivateKey, tls?.Certificate, tls?.CaCert);
    }

    /// <summary>The certificate and the authority, or null when the remote needs none.</summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="System.Security.Cryptography.CryptographicException">A file is no PEM file.</exception>
    internal OvsdbTls? Credentials() =>
        PrivateKey is { Length: > 0 } && Certificate is { Length: > 0 } && Authority is { Length: > 0 } ? OvsdbTls.FromPemFiles(PrivateKey, Certificate, Authority) : null;
}
