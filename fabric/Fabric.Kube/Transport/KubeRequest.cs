namespace Fabric.Kube.Transport;

/// <summary>One request as it goes over the wire: what the typed operations send, and what a program sends that handles kinds it does not know.</summary>
/// <param name="Method">The HTTP method.</param>
/// <param name="PathAndQuery">From the server's root: <c>/api/v1/pods?limit=500</c>; see <see cref="Query"/>.</param>
public sealed record KubeRequest(HttpMethod Method, string PathAndQuery)
{
    /// <summary>Empty for none.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>The media type of <see cref="Body"/>.</summary>
    public string ContentType { get; init; } = "application/json";

    /// <summary>In which form the answer is wanted, such as <c>application/json;as=Table;v=v1;g=meta.k8s.io</c>; null for plain JSON.</summary>
    public string? Accept { get; init; }

    /// <summary>Method and path without the query, for messages.</summary>
    public string Operation => $"{Method} {(PathAndQuery.IndexOf('?', StringComparison.Ordinal) is >= 0 and var at ? PathAndQuery[..at] : PathAndQuery)}";
}
