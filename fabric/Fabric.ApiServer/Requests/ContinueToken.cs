using System.Text;
using System.Text.Json.Nodes;
using Fabric.ApiServer.Objects;

namespace Fabric.ApiServer.Requests;

/// <summary>Where the next page of a list begins, and at which version.</summary>
internal sealed record ContinueToken(long Version, string Namespace, string Name)
{
    public string Encode() => Convert.ToBase64String(JsonBody.Serialize(new JsonObject
    {
        ["v"] = Version,
        ["s"] = Namespace,
        ["n"] = Name,
    })).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    /// <exception cref="StatusException">400: not a token of this server.</exception>
    public static ContinueToken Decode(string text)
    {
        try
        {
            var padded = text.Replace('-', '+').Replace('_', '/') + new string('=', (4 - text.Length % 4) % 4);
            if (JsonBody.Parse(Convert.FromBase64String(padded)) is JsonObject json
                && json.IntegerAt("v") is { } version && json.TextAt("s") is { } space && json.TextAt("n") is { } name)
                return new ContinueToken(version, space, name);
        }
        catch (Exception e) when (e is FormatException or System.Text.Json.JsonException or DecoderFallbackException)
        {
            // Answered below like any other text that is not a token.
        }

        throw StatusException.BadRequest("continue key is not valid: it must be a token that this server returned");
    }
}
