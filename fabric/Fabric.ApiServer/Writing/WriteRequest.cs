using Fabric.ApiServer.Authentication;
using Fabric.ApiServer.Definitions;
using Fabric.ApiServer.Requests;

namespace Fabric.ApiServer.Writing;

/// <summary>Who wants to write where, and how.</summary>
/// <param name="Namespace">Empty for cluster-scoped resources.</param>
/// <param name="Name">Empty for a creation, whose body names it.</param>
/// <param name="Subresource"><c>status</c>, or null.</param>
internal sealed record WriteRequest(ResourceDefinition Definition, string Namespace, string Name, string? Subresource, WriteOptions Options, UserInfo User);
