namespace Fabric.ApiServer.Requests;

/// <summary>What a URL path names: a group version, a collection, an object or one of its subresources.</summary>
/// <param name="Resource">Plural name; empty for the group version itself.</param>
/// <param name="Namespace">Null when the path has none.</param>
/// <param name="Name">Null for a collection.</param>
internal sealed record RequestPath(string Group, string Version, string Resource, string? Namespace, string? Name, string? Subresource)
{
    /// <returns>Null when the path is not one of /api/… or /apis/… with a version.</returns>
    public static RequestPath? Parse(string path)
    {
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        return parts switch
        {
            ["api", var version, .. var rest] => Below("", version, rest),
            ["apis", var group, var version, .. var rest] => Below(group, version, rest),
            _ => null,
        };
    }

    private static RequestPath? Below(string group, string version, string[] rest) => rest switch
    {
        [] => new RequestPath(group, version, "", null, null, null),

        // A namespace is itself a resource, and has subresources of these two names.
        ["namespaces", var name, ("status" or "finalize") and var sub] => new RequestPath(group, version, "namespaces", null, name, sub),
        ["namespaces", var space, var resource] => new RequestPath(group, version, resource, space, null, null),
        ["namespaces", var space, var resource, var name] => new RequestPath(group, version, resource, space, name, null),
        ["namespaces", var space, var resource, var name, var sub] => new RequestPath(group, version, resource, space, name, sub),
        [var resource] => new RequestPath(group, version, resource, null, null, null),
        [var resource, var name] => new RequestPath(group, version, resource, null, name, null),
        [var resource, var name, var sub] => new RequestPath(group, version, resource, null, name, sub),
        _ => null,
    };
}
