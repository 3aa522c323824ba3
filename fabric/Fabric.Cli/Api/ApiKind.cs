namespace Fabric.Cli.Api;

/// <summary>A kind as the server's discovery tells of it; nothing here knows kinds by name.</summary>
internal sealed record ApiKind
{
    /// <summary>Empty for the core group.</summary>
    public required string Group { get; init; }

    public required string Version { get; init; }

    public required string Kind { get; init; }

    public required string Plural { get; init; }

    public required string Singular { get; init; }

    public required bool Namespaced { get; init; }

    public IReadOnlyList<string> ShortNames { get; init; } = [];

    public IReadOnlyList<string> Categories { get; init; } = [];

    public IReadOnlyList<string> Verbs { get; init; } = [];

    /// <summary>Whether the status is written by a subresource, and so is not what users wish.</summary>
    public bool HasStatus { get; init; }

    /// <summary><c>v1</c> or <c>group/version</c>, as objects carry it.</summary>
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary><c>pod</c> or <c>subnet.fabric.vmnet.io</c>, before an object's name.</summary>
    public string Label => Group.Length == 0 ? Kind.ToLowerInvariant() : $"{Kind.ToLowerInvariant()}.{Group}";

    /// <summary>Where the group version's resources are.</summary>
    public static string RootOf(string apiVersion) => apiVersion.Contains('/') ? $"/apis/{apiVersion}" : $"/api/{apiVersion}";

    /// <summary>The address of all objects, in one namespace or in all.</summary>
    public string CollectionPath(string? @namespace) => Namespaced && @namespace is not null
        ? $"{RootOf(ApiVersion)}/namespaces/{Uri.EscapeDataString(@namespace)}/{Plural}"
        : $"{RootOf(ApiVersion)}/{Plural}";

    /// <summary>The address of one object.</summary>
    public string ObjectPath(string @namespace, string name) => $"{CollectionPath(@namespace)}/{Uri.EscapeDataString(name)}";

    /// <summary>Whether a user's word names this kind: plural, singular or short name, in any case, alone or before the group.</summary>
    public bool Answers(string word)
    {
        var dot = word.IndexOf('.', StringComparison.Ordinal);
        var name = dot < 0 ? word : word[..dot];
        var rest = dot < 0 ? "" : word[(dot + 1)..];
        return IsName(name) && (rest.Length == 0 || Same(rest, Group) || Same(rest, $"{Version}.{Group}"));
    }

    private bool IsName(string name) => Same(name, Plural) || Same(name, Singular) || Same(name, Kind) || ShortNames.Any(s => Same(s, name));

    private static bool Same(string a, string b) => a.Equals(b, StringComparison.OrdinalIgnoreCase);
}
