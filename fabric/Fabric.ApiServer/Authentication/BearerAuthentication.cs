using Fabric.ApiServer.InProcess;
using Microsoft.AspNetCore.Http;

namespace Fabric.ApiServer.Authentication;

/// <summary>Tells who makes a request: by its bearer token (RFC 6750 §2.1), or because it comes from within.</summary>
internal sealed class BearerAuthentication(TokenStore tokens)
{
    private const string Scheme = "Bearer ";

    /// <returns>Null when a token is given that is not known; anonymous when none is given.</returns>
    public UserInfo? Authenticate(HttpRequest request)
    {
        if (request.HttpContext.Features.Get<EmbeddingUser>() is { } known) return known.User;
        var header = request.Headers.Authorization.ToString();
        if (header.Length == 0) return UserInfo.Anonymous;
        return header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? tokens.Find(header[Scheme.Length..].Trim()) : null;
    }
}
