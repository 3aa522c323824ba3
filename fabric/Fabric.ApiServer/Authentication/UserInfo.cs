using System.Collections.Immutable;

namespace Fabric.ApiServer.Authentication;

/// <summary>Who makes a request.</summary>
/// <param name="Name">For example <c>fabric:admin</c>.</param>
/// <param name="Groups">What authorization looks at.</param>
public sealed record UserInfo(string Name, ImmutableArray<string> Groups)
{
    internal const string Administrators = "system:masters";

    /// <summary>The group of the nodes' agents.</summary>
    public const string Agents = "fabric:agents";

    /// <summary>The group of the control plane's replicas.</summary>
    public const string Servers = "fabric:servers";

    internal static UserInfo Anonymous { get; } = new("system:anonymous", ["system:unauthenticated"]);

    /// <summary>Writes that the server makes of its own: garbage collection, namespaces.</summary>
    internal static UserInfo Server { get; } = new("system:apiserver", [Administrators]);
}
