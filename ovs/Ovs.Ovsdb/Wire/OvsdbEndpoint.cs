using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace Ovs.Ovsdb;

/// <summary>Where a database server listens, in Open vSwitch's notation: <c>unix:PATH</c>, <c>tcp:HOST:PORT</c> or <c>ssl:HOST:PORT</c>.</summary>
/// <remarks>ovsdb(7), "Active Database Connections". An IPv6 address stands in brackets. The port defaults to 6640.</remarks>
public sealed record OvsdbEndpoint : IParsable<OvsdbEndpoint>
{
    private const int DefaultPort = 6640;

    private OvsdbEndpoint(string text, EndPoint address, bool usesTls)
    {
        Text = text;
        Address = address;
        UsesTls = usesTls;
    }

    /// <summary>The endpoint as it was written.</summary>
    public string Text { get; }

    internal EndPoint Address { get; }

    /// <summary>Whether the connection is encrypted and both sides show a certificate.</summary>
    public bool UsesTls { get; }

    /// <summary>A server's unix socket.</summary>
    public static OvsdbEndpoint Unix(string path) => new($"unix:{path}", new UnixDomainSocketEndPoint(path), usesTls: false);

    /// <summary>Parses one endpoint.</summary>
    /// <exception cref="FormatException">The text is none of the three forms.</exception>
    public static OvsdbEndpoint Parse(string s) => Parse(s, null);

    /// <inheritdoc/>
    public static OvsdbEndpoint Parse(string s, IFormatProvider? provider) =>
        TryParse(s, provider, out var endpoint)
            ? endpoint
            : throw new FormatException($"'{s}' is not an OVSDB endpoint: unix:PATH, tcp:HOST:PORT or ssl:HOST:PORT.");

    /// <summary>Parses endpoints separated by commas: the members of a clustered database.</summary>
    /// <exception cref="FormatException">One of them is none of the three forms.</exception>
    public static IReadOnlyList<OvsdbEndpoint> ParseList(string text) =>
        [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Parse)];

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, [MaybeNullWhen(false)] out OvsdbEndpoint result)
    {
        result = null;
        var colon = s?.IndexOf(':', StringComparison.Ordinal) ?? -1;
        if (s is null || colon < 0 || colon == s.Length - 1)
        {
            return false;
        }

        var rest = s[(colon + 1)..];
        result = s[..colon] switch
        {
            "unix" => new(s, new UnixDomainSocketEndPoint(rest), usesTls: false),
            "tcp" when TryParseHost(rest, out var address) => new(s, address, usesTls: false),
            "ssl" when TryParseHost(rest, out var address) => new(s, address, usesTls: true),
            _ => null,
        };
        return result is not null;
    }

    /// <inheritdoc/>
    public override string ToString() => Text;

    internal async Task<Stream> OpenAsync(OvsdbTls? tls, CancellationToken cancellationToken)
    {
        if (UsesTls && tls is null)
        {
            throw new InvalidOperationException($"{Text} needs a certificate and a certificate authority, and none were given.");
        }

        var isUnix = Address is UnixDomainSocketEndPoint;
        var socket = isUnix
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Stream? stream = null;
        try
        {
            await socket.ConnectAsync(Address, cancellationToken);
            stream = new NetworkStream(socket, ownsSocket: true);
            return UsesTls ? await tls!.AuthenticateAsync(stream, cancellationToken) : stream;
        }
        catch (SocketException e) when (isUnix && !File.Exists(Address.ToString()))
        {
            // .NET's word for it would be that the address cannot be assigned.
            socket.Dispose();
            throw new FileNotFoundException("there is no such socket: is the server running?", e);
        }
        catch
        {
            stream?.Dispose();
            socket.Dispose();
            throw;
        }
    }

    private static bool TryParseHost(string text, [NotNullWhen(true)] out EndPoint? endPoint)
    {
        endPoint = null;
        var port = DefaultPort;
        var host = text;
        var colon = text.LastIndexOf(':');
        var bracket = text.LastIndexOf(']');
        if (colon > bracket)
        {
            host = text[..colon];
            if (!int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port) || port is < 1 or > 65535)
            {
                return false;
            }
        }

        host = host.Trim('[', ']');
        if (host.Length == 0)
        {
            return false;
        }

        endPoint = IPAddress.TryParse(host, out var address) ? new IPEndPoint(address, port) : new DnsEndPoint(host, port);
        return true;
    }
}

/// <summary>The certificate shown to the server, and who must have signed the server's.</summary>
/// <remarks>
/// As Open vSwitch itself does, the server is taken for genuine when the authority signed its certificate; the name in
/// it is not compared, because Open vSwitch's certificates name no hosts. ovs-pki(8).
/// </remarks>
/// <param name="certificate">The client's certificate with its private key.</param>
/// <param name="authorities">The certificate authorities trusted for this database, and no others.</param>
public sealed class OvsdbTls(X509Certificate2 certificate, X509Certificate2Collection authorities)
{
    /// <summary>Reads the three PEM files that <c>ovs-pki</c> makes.</summary>
    public static OvsdbTls FromPemFiles(string privateKeyPath, string certificatePath, string authorityPath)
    {
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(authorityPath);
        return new(X509Certificate2.CreateFromPemFile(certificatePath, privateKeyPath), authorities);
    }

    internal async Task<Stream> AuthenticateAsync(Stream inner, CancellationToken cancellationToken)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            VerificationFlags = X509VerificationFlags.NoFlag,
        };
        policy.CustomTrustStore.AddRange(authorities);

        var stream = new SslStream(inner, leaveInnerStreamOpen: false);
        try
        {
            await stream.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = "",
                    ClientCertificates = [certificate],
                    CertificateChainPolicy = policy,
                    RemoteCertificateValidationCallback = (_, _, _, errors) => (errors & ~SslPolicyErrors.RemoteCertificateNameMismatch) == SslPolicyErrors.None,
                },
                cancellationToken);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }
}
