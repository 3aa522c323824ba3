using System.Net;

namespace Fabric.Kube.Transport;

/// <summary>A granted request's answer.</summary>
/// <param name="Code">The HTTP status: 201 where the request made an object.</param>
/// <param name="Body">The whole body.</param>
/// <param name="Warnings">What the server warns of (RFC 7234 §5.5, code 299), for people.</param>
public sealed record KubeResponse(HttpStatusCode Code, ReadOnlyMemory<byte> Body, IReadOnlyList<string> Warnings);
