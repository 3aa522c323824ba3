using System.Text.Json;

namespace Cni.Protocol;

/// <summary>
/// What the plugin forwards to the agent: the runtime's <c>CNI_*</c> variables and the configuration. On the socket it is
/// one line of JSON.
/// </summary>
public sealed record CniRequest
{
    /// <summary><c>CNI_COMMAND</c>.</summary>
    public required string Command { get; init; }

    /// <summary><c>CNI_CONTAINERID</c>; empty for commands that have none.</summary>
    public string ContainerId { get; init => field = value ?? ""; } = "";

    /// <summary><c>CNI_NETNS</c>; empty when the container's namespace is gone, as at the second DEL.</summary>
    public string Netns { get; init => field = value ?? ""; } = "";

    /// <summary><c>CNI_IFNAME</c>.</summary>
    public string Ifname { get; init => field = value ?? ""; } = "";

    /// <summary><c>CNI_ARGS</c>: <c>KEY=VALUE;…</c></summary>
    public string Args { get; init => field = value ?? ""; } = "";

    /// <summary><c>CNI_PATH</c>.</summary>
    public string Path { get; init => field = value ?? ""; } = "";

    /// <summary>Standard input.</summary>
    public NetworkConfig Config { get; init => field = value ?? new(); } = new();

    /// <summary>The most bytes of a request, which bounds what a runtime can make the agent hold.</summary>
    public const int MaxBytes = 1 << 20;

    /// <summary>The value of a key in <see cref="Args"/>; null where it is absent, or the variable cannot be read.</summary>
    public string? Argument(string key) => CniArguments.TryParse(Args, out var arguments, out _) ? arguments[key] : null;

    /// <summary>Reads a request from its line.</summary>
    /// <exception cref="JsonException">It is no request.</exception>
    public static CniRequest Parse(ReadOnlySpan<byte> line) =>
        JsonSerializer.Deserialize(line, CniJson.Default.CniRequest) ?? throw new JsonException("the request is null");
}

/// <summary>What the agent answers, one line of JSON: what the plugin prints, and how it ends.</summary>
/// <param name="ExitCode">0 for success.</param>
/// <param name="Output">A result or an error object; null where the specification has no output.</param>
public sealed record CniReply(int ExitCode, JsonElement? Output)
{
    /// <summary>Success without output, as DEL, CHECK, GC and STATUS have it.</summary>
    public static CniReply Done { get; } = new(0, null);

    /// <summary>Success with a result, in the version asked for.</summary>
    public static CniReply Of(CniResult result, string version) =>
        new(0, JsonSerializer.SerializeToElement(CniVersions.Convert(result, version), CniJson.Default.CniResult));

    /// <summary>Failure.</summary>
    public static CniReply Of(CniError error) =>
        new(1, JsonSerializer.SerializeToElement(error, CniJson.Default.CniError));
}
