using Fabric.Primitives;

namespace Fabric.Server.Sharing;

/// <summary>The name of one replica among all on an API.</summary>
internal static class ReplicaIdentity
{
    /// <summary>The group of all replicas.</summary>
    internal const string Group = "fabric-server";

    /// <summary>
    /// The name of a replica that was given none: the host's, which for a pod is the pod's, with the process id, since there may be
    /// several on a host.
    /// </summary>
    /// <param name="host">The host's name.</param>
    /// <param name="processId">
    /// Null for the replica that serves the API itself: there is only one, and so it goes on with its own lease when it is started again.
    /// </param>
    internal static string Default(string host, int? processId)
    {
        var letters = host.ToLowerInvariant().Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : '-');
        var name = string.Concat(letters).Trim('-');
        return (name.Length == 0 ? "replica" : name) + (processId is { } id ? $"-{id}" : "");
    }

    /// <summary>What keeps it from being part of a Lease's name, or null.</summary>
    internal static string? Check(string identity) => ObjectName.CheckSubdomain($"{Group}-{identity}");
}
