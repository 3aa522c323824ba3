using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Cni.Protocol;

/// <summary>
/// The network configuration a runtime gives a plugin on standard input (CNI SPEC, section 3 "Execution of Network
/// Configurations": the plugin's own object with name and version merged in).
/// </summary>
/// <remarks>
/// What only some commands need stays as it came and is read by them: a DEL succeeds whatever the rest of its configuration
/// says.
/// </remarks>
public sealed record NetworkConfig
{
    /// <summary>The version the result must be in; <c>0.1.0</c> when absent.</summary>
    public string? CniVersion { get; init; }

    /// <summary>The network's name.</summary>
    public string? Name { get; init; }

    /// <summary>The plugin's name.</summary>
    public string? Type { get; init; }

    /// <summary>The agent's unix socket; Fabric's own field.</summary>
    public string? Socket { get; init; }

    /// <summary>Where Nics are made for containers that are no pods; Fabric's own field.</summary>
    public string? Namespace { get; init; }

    /// <summary>The Subnet of those Nics; the namespace's default when absent. Fabric's own field.</summary>
    public string? Subnet { get; init; }

    /// <summary>The device in the container; <c>CNI_IFNAME</c> when absent. Fabric's own field, for chains in which another plugin makes that.</summary>
    public string? Device { get; init; }

    /// <summary>Whether the device gets the default routes; when absent, those that the container has not yet. Fabric's own field.</summary>
    public bool? DefaultRoute { get; init; }

    /// <summary>Name service of the network, in place of the Subnet's: a <see cref="CniDns"/>.</summary>
    public JsonElement? Dns { get; init; }

    /// <summary>The result of the plugin before this one in a chain; at CHECK and DEL, that of the whole chain: a <see cref="CniResult"/>.</summary>
    public JsonElement? PrevResult { get; init; }

    /// <summary>What the runtime fills in for the capabilities the plugin declared: a <see cref="Protocol.RuntimeConfig"/>.</summary>
    public JsonElement? RuntimeConfig { get; init; }

    /// <summary>What the runtime passes to all plugins: <see cref="RuntimeArgs"/>.</summary>
    public JsonElement? Args { get; init; }

    /// <summary>
    /// Attachments that are still wanted, at GC: a list of <see cref="ValidAttachment"/>. <c>null</c>, which is how libcni writes
    /// an empty list, is something else than nothing said.
    /// </summary>
    [JsonPropertyName("cni.dev/valid-attachments")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public JsonElement ValidAttachments { get; init; }

    /// <summary>Fields Fabric does not know, kept as they came.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }

    /// <summary>Reads <see cref="ValidAttachments"/>.</summary>
    /// <returns>Null when the configuration does not have the field.</returns>
    /// <exception cref="JsonException">It is no such list.</exception>
    public IReadOnlyList<ValidAttachment>? ReadValidAttachments() => ValidAttachments.ValueKind switch
    {
        JsonValueKind.Undefined => null,
        JsonValueKind.Null => [],
        _ => ValidAttachments.Deserialize(CniJson.Default.IReadOnlyListValidAttachment) is { } list && list.All(each => each is { ContainerId: not null, Ifname: not null })
            ? list
            : throw new JsonException("an attachment lacks containerID or ifname"),
    };

    /// <summary>Reads <see cref="PrevResult"/>.</summary>
    /// <returns>Null when there is none.</returns>
    /// <exception cref="JsonException">It is no result; the path in it says where.</exception>
    public CniResult? ReadPrevResult()
    {
        var result = Read(PrevResult, CniJson.Default.CniResult);
        return result is null
            || (result.Interfaces.All(each => each is { Name: not null }) && result.Ips.All(each => each is { Address: not null }) && result.Routes.All(each => each is { Dst: not null }))
            ? result
            : throw new JsonException("an interface lacks its name, an address its address, or a route its destination");
    }

    /// <summary>Reads a part that only some commands need.</summary>
    /// <param name="part">The part, as it came.</param>
    /// <param name="type">What it should be.</param>
    /// <returns>Null when it is absent.</returns>
    /// <exception cref="JsonException">It is something else; the path in it says where.</exception>
    public static T? Read<T>(JsonElement? part, JsonTypeInfo<T> type)
        where T : class =>
        part is { ValueKind: not JsonValueKind.Null } present ? present.Deserialize(type) : null;
}

/// <summary>An attachment a runtime still wants (CNI SPEC, GC).</summary>
/// <param name="ContainerId">The container.</param>
/// <param name="Ifname">The interface in it.</param>
public sealed record ValidAttachment(
    [property: JsonPropertyName("containerID")] string ContainerId,
    [property: JsonPropertyName("ifname")] string Ifname);
