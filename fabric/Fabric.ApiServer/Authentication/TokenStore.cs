using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Fabric.ApiServer.Objects;
using Fabric.ApiServer.Storage;

namespace Fabric.ApiServer.Authentication;

/// <summary>Bearer tokens. Only their SHA-256 is kept: a token is 256 random bits, so a plain hash cannot be searched.</summary>
internal sealed class TokenStore
{
    private const int TokenBytes = 32;

    private readonly string _file;
    private readonly Lock _writing = new();
    private readonly ConcurrentDictionary<string, UserInfo> _users = new(StringComparer.Ordinal);

    /// <exception cref="StoreException">The file is there and cannot be read.</exception>
    public TokenStore(string file)
    {
        _file = file;
        if (!File.Exists(file)) return;
        try
        {
            foreach (var entry in JsonBody.ParseTrusted(File.ReadAllBytes(file)).ArrayAt("tokens")?.OfType<JsonObject>() ?? [])
                _users[entry.TextAt("sha256")!] = new UserInfo(entry.TextAt("user")!, [.. entry.ArrayAt("groups")!.Select(g => g.AsText()!)]);
        }
        catch (Exception e) when (e is System.Text.Json.JsonException or ArgumentNullException or InvalidCastException or NullReferenceException)
        {
            throw new StoreException($"The token file {file} cannot be read: {e.Message}. Remove it and start again: new kubeconfig files are written.", e);
        }
    }

    public UserInfo? Find(string token) => _users.GetValueOrDefault(Hash(token));

    /// <summary>Makes a token that holds from now on.</summary>
    public string Create(UserInfo user)
    {
        var token = Convert.ToBase64String(RandomNumberGenerator.GetBytes(TokenBytes)).TrimEnd('=').Replace('+', '-').Replace('/', '_');
        lock (_writing)
        {
            _users[Hash(token)] = user;
            Save();
        }

        return token;
    }

    private static string Hash(string token)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(token), hash);
        return Convert.ToHexStringLower(hash);
    }

    private void Save()
    {
        var entries = _users.OrderBy(u => u.Key, StringComparer.Ordinal).Select(u => (JsonNode)new JsonObject
        {
            ["sha256"] = u.Key,
            ["user"] = u.Value.Name,
            ["groups"] = u.Value.Groups.ToJsonArray(),
        });
        PrivateFile.Write(_file, JsonBody.ToText(new JsonObject { ["tokens"] = new JsonArray([.. entries]) }));
    }
}
