using System.Security.Cryptography.X509Certificates;

namespace Fabric.Kube.Configuration;

/// <summary>Where the Kubernetes API is and how the two sides know each other.</summary>
public sealed record KubeConnection
{
    private const string ServiceAccountDirectory = "/var/run/secrets/kubernetes.io/serviceaccount";

    /// <summary>The API's base address; a path is kept as a prefix of every request.</summary>
    public required Uri Server { get; init; }

    /// <summary>The only roots trusted to sign the server's certificate; empty means the machine's own trust store.</summary>
    public X509Certificate2Collection CertificateAuthorities { get; init; } = [];

    /// <summary>The client's certificate with its private key, or null.</summary>
    public X509Certificate2? ClientCertificate { get; init; }

    /// <summary>The client's token, or null.</summary>
    public BearerToken? Token { get; init; }

    /// <summary>The name to expect in the server's certificate where it differs from the host in <see cref="Server"/>.</summary>
    public string? TlsServerName { get; init; }

    /// <summary>
    /// Carries the requests instead of the network, for a server in the same process; null otherwise. It is not disposed with
    /// the client.
    /// </summary>
    public HttpMessageHandler? Handler { get; init; }

    /// <summary>The namespace of the chosen context, or <c>default</c>.</summary>
    public string Namespace { get; init; } = "default";

    /// <summary>Reads a kubeconfig file.</summary>
    /// <param name="path">The file. Relative names of certificates in it are relative to its folder.</param>
    /// <param name="context">The context to use, or null for <c>current-context</c>.</param>
    /// <exception cref="KubeConfigException">The file is missing, is not a kubeconfig, or asks for what is not supported (exec plugins, user and password, skipping TLS verification).</exception>
    public static KubeConnection FromFile(string path, string? context = null) => KubeConfigFile.Read(path, context);

    /// <summary>The connection that Kubernetes gives every pod: environment variables and the projected service account.</summary>
    /// <exception cref="KubeConfigException">This process does not run in a pod, or the pod has no service account token.</exception>
    public static KubeConnection InCluster() => InCluster(
        Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_HOST"),
        Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_PORT"),
        ServiceAccountDirectory);

    internal static KubeConnection InCluster(string? host, string? port, string directory)
    {
        if (string.IsNullOrEmpty(host) || string.IsNullOrEmpty(port))
            throw new KubeConfigException("environment", "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set: this is not a pod. Give a kubeconfig instead.");
        var authorities = new X509Certificate2Collection();
        var authorityFile = Path.Combine(directory, "ca.crt");
        var namespaceFile = Path.Combine(directory, "namespace");
        var token = BearerToken.FromFile(Path.Combine(directory, "token"));
        token.Read();
        try
        {
            authorities.ImportFromPemFile(authorityFile);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or System.Security.Cryptography.CryptographicException)
        {
            throw new KubeConfigException(authorityFile, $"the cluster's certificate authority cannot be read: {e.Message}", e);
        }
        return new KubeConnection
        {
            // An IPv6 service address needs brackets in a URI; UriBuilder adds them.
            Server = new UriBuilder(Uri.UriSchemeHttps, host, int.Parse(port)).Uri,
            CertificateAuthorities = authorities,
            Token = token,
            Namespace = File.Exists(namespaceFile) ? File.ReadAllText(namespaceFile).Trim() : "default",
        };
    }
}
