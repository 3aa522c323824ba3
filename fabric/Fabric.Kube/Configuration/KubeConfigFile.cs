using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Fabric.Kube.Configuration;

/// <summary>Reads the file format that <c>kubectl config</c> writes, as far as a server-side program needs it.</summary>
internal sealed class KubeConfigFile
{
    private readonly string _path;
    private readonly YamlMappingNode _root;

    private KubeConfigFile(string path, YamlMappingNode root)
    {
        _path = path;
        _root = root;
    }

    public static KubeConnection Read(string path, string? context)
    {
        try
        {
            using var reader = File.OpenText(path);
            var yaml = new YamlStream();
            yaml.Load(reader);
            if (yaml.Documents is not [{ RootNode: YamlMappingNode root }, ..])
                throw new KubeConfigException(path, "this is not a kubeconfig: a mapping with clusters, users and contexts is expected.");
            return new KubeConfigFile(path, root).Connect(context);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KubeConfigException(path, $"the kubeconfig cannot be read: {e.Message}", e);
        }
        catch (YamlException e)
        {
            throw new KubeConfigException(path, $"line {e.Start.Line}: not valid YAML: {e.Message}", e);
        }
    }

    private KubeConnection Connect(string? contextName)
    {
        contextName ??= Text(_root, "current-context");
        if (string.IsNullOrEmpty(contextName))
            throw Wrong("current-context is not set: set it, or name a context.");
        var context = Named("contexts", contextName, "context");
        var clusterName = Text(context, "cluster") ?? throw Wrong($"context '{contextName}' names no cluster.");
        var cluster = Named("clusters", clusterName, "cluster");
        var user = Text(context, "user") is { Length: > 0 } userName ? Named("users", userName, "user") : new YamlMappingNode();

        var server = Text(cluster, "server") ?? throw Wrong($"cluster '{clusterName}' has no server.");
        if (!Uri.TryCreate(server, UriKind.Absolute, out var uri) || uri.Scheme is not ("https" or "http"))
            throw Wrong($"cluster '{clusterName}': server '{server}' is not an http(s) address.");
        if (Text(cluster, "insecure-skip-tls-verify") is "true")
            throw Wrong($"cluster '{clusterName}': insecure-skip-tls-verify is not supported: give certificate-authority or certificate-authority-data.");
        foreach (var unsupported in (ReadOnlySpan<string>)["exec", "auth-provider", "username", "password"])
        {
            if (user.Children.ContainsKey(unsupported))
                throw Wrong($"the user of context '{contextName}' has '{unsupported}', which is not supported: give token, tokenFile or a client certificate.");
        }

        return new KubeConnection
        {
            Server = uri,
            CertificateAuthorities = ReadAuthorities(cluster),
            ClientCertificate = ReadClientCertificate(user, contextName),
            Token = ReadToken(user),
            TlsServerName = Text(cluster, "tls-server-name"),
            Namespace = Text(context, "namespace") is { Length: > 0 } ns ? ns : "default",
        };
    }

    private X509Certificate2Collection ReadAuthorities(YamlMappingNode cluster)
    {
        var authorities = new X509Certificate2Collection();
        if (Pem(cluster, "certificate-authority") is not { } pem)
            return authorities;
        authorities.ImportFromPem(pem);
        return authorities.Count > 0 ? authorities : throw Wrong("certificate-authority holds no PEM certificate.");
    }

    private X509Certificate2? ReadClientCertificate(YamlMappingNode user, string context)
    {
        var certificate = Pem(user, "client-certificate");
        var key = Pem(user, "client-key");
        if (certificate is null && key is null)
            return null;
        if (certificate is null || key is null)
            throw Wrong($"the user of context '{context}' needs both client-certificate and client-key, or neither.");
        try
        {
            return X509Certificate2.CreateFromPem(certificate, key);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new KubeConfigException(_path, $"the client certificate of context '{context}' cannot be used: {e.Message}", e);
        }
    }

    private BearerToken? ReadToken(YamlMappingNode user)
    {
        // As in kubectl, a file wins over a literal.
        if (Text(user, "tokenFile") is { Length: > 0 } file)
            return BearerToken.FromFile(Resolve(file));
        return Text(user, "token") is { Length: > 0 } token ? BearerToken.Fixed(token) : null;
    }

    /// <summary>The PEM text under <c>NAME-data</c> (base64) or in the file <c>NAME</c>; data wins, as in kubectl.</summary>
    private string? Pem(YamlMappingNode node, string name)
    {
        try
        {
            if (Text(node, name + "-data") is { Length: > 0 } data)
                return Encoding.UTF8.GetString(Convert.FromBase64String(data));
            return Text(node, name) is { Length: > 0 } file ? File.ReadAllText(Resolve(file)) : null;
        }
        catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
        {
            throw new KubeConfigException(_path, $"{name} cannot be read: {e.Message}", e);
        }
    }

    private string Resolve(string file) => Path.Combine(Path.GetDirectoryName(Path.GetFullPath(_path))!, file);

    private YamlMappingNode Named(string list, string name, string entry)
    {
        var known = new List<string>();
        if (_root.Children.TryGetValue(list, out var node) && node is YamlSequenceNode sequence)
        {
            foreach (var item in sequence.OfType<YamlMappingNode>())
            {
                if (Text(item, "name") is not { } found)
                    continue;
                if (found == name)
                    return item.Children.TryGetValue(entry, out var value) && value is YamlMappingNode mapping ? mapping : new YamlMappingNode();
                known.Add(found);
            }
        }
        throw Wrong($"{entry} '{name}' is not among {list} ({(known.Count == 0 ? "there are none" : string.Join(", ", known))}).");
    }

    private static string? Text(YamlMappingNode node, string key) =>
        node.Children.TryGetValue(key, out var value) && value is YamlScalarNode scalar ? scalar.Value : null;

    private KubeConfigException Wrong(string problem) => new(_path, problem);
}
