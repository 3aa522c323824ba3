using System.Text;
using System.Text.Json.Nodes;
using Fabric.ApiServer.Objects;
using Fabric.ApiServer.Yaml;

namespace Fabric.ApiServer.Authentication;

/// <summary>The file by which clients find and trust the server.</summary>
/// <remarks>https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/</remarks>
internal static class Kubeconfig
{
    private const string Cluster = "fabric";

    public static string Compose(Uri server, string authorityPem, string user, string token)
    {
        // Every value is quoted as JSON, which is YAML too.
        static string Quote(string text) => JsonBody.ToText(JsonValue.Create(text));
        return $"""
            apiVersion: v1
            kind: Config
            clusters:
            - name: {Cluster}
              cluster:
                server: {Quote(server.GetLeftPart(UriPartial.Authority))}
                certificate-authority-data: {Convert.ToBase64String(Encoding.ASCII.GetBytes(authorityPem))}
            users:
            - name: {Quote(user)}
              user:
                token: {Quote(token)}
            contexts:
            - name: {Cluster}
              context:
                cluster: {Cluster}
                user: {Quote(user)}
            current-context: {Cluster}

            """;
    }

    /// <summary>The token of a file that was written earlier; null when there is none.</summary>
    public static string? ReadToken(string path)
    {
        if (!File.Exists(path)) return null;
        try
        {
            var users = YamlReader.ReadOne(File.ReadAllText(path)).Dig("users") as JsonArray;
            return users?.OfType<JsonObject>().FirstOrDefault().Dig("user", "token").AsText();
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
