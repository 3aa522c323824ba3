using System.Text.Json;
using System.Text.Json.Serialization;

namespace Cni.Protocol;

/// <summary>
/// A successful ADD's answer, in the shape of version 1.1.0 (CNI SPEC, section 5 "Result Types"). What another plugin of the
/// chain has added of its own is kept as it came.
/// </summary>
public sealed record CniResult
{
    /// <summary>The version this result is written in.</summary>
    public string CniVersion { get; init; } = CniVersions.Newest;

    /// <summary>The interfaces made, on the host and in the container.</summary>
    public IReadOnlyList<CniInterface> Interfaces { get; init => field = value ?? []; } = [];

    /// <summary>The addresses given.</summary>
    public IReadOnlyList<CniAddress> Ips { get; init => field = value ?? []; } = [];

    /// <summary>The routes made in the container.</summary>
    public IReadOnlyList<CniRoute> Routes { get; init => field = value ?? []; } = [];

    /// <summary>Name service.</summary>
    public CniDns? Dns { get; init; }

    /// <summary>What the specification does not have.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>An interface that was made.</summary>
public sealed record CniInterface
{
    /// <summary>The device's name.</summary>
    public required string Name { get; init; }

    /// <summary>Its MAC address.</summary>
    public string? Mac { get; init; }

    /// <summary>Its largest packet in bytes; since 1.1.0.</summary>
    public int? Mtu { get; init; }

    /// <summary>The path of the container's network namespace; absent for a device of the host.</summary>
    public string? Sandbox { get; init; }

    /// <summary>The path of a socket that is the interface, as with vhost-user; since 1.1.0.</summary>
    public string? SocketPath { get; init; }

    /// <summary>The address of its PCI device; since 1.1.0.</summary>
    [JsonPropertyName("pciID")]
    public string? PciId { get; init; }

    /// <summary>What the specification does not have.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>An address that was given.</summary>
public sealed record CniAddress
{
    /// <summary><c>4</c> or <c>6</c>; only in results before 1.0.0.</summary>
    public string? Version { get; init; }

    /// <summary>Address and prefix length, host bits kept.</summary>
    public required string Address { get; init; }

    /// <summary>The gateway of the address's subnet.</summary>
    public string? Gateway { get; init; }

    /// <summary>Index in the list of interfaces.</summary>
    public int? Interface { get; init; }

    /// <summary>What the specification does not have.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>A route that was made. All but destination and next hop are there since 1.1.0.</summary>
public sealed record CniRoute
{
    /// <summary>The destination prefix.</summary>
    public required string Dst { get; init; }

    /// <summary>The next hop.</summary>
    [JsonPropertyName("gw")]
    public string? Gateway { get; init; }

    /// <summary>The path MTU in bytes.</summary>
    public int? Mtu { get; init; }

    /// <summary>The segment size announced to the destination, in bytes.</summary>
    [JsonPropertyName("advmss")]
    public int? AdvMss { get; init; }

    /// <summary>Its priority: the lower goes first.</summary>
    public long? Priority { get; init; }

    /// <summary>The routing table it is in.</summary>
    public long? Table { get; init; }

    /// <summary>How far the destinations are: 0 global, 253 on the link, 254 the host.</summary>
    public int? Scope { get; init; }

    /// <summary>What the specification does not have.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>Name service of a container.</summary>
public sealed record CniDns
{
    /// <summary>Name servers, in order of preference.</summary>
    public IReadOnlyList<string>? Nameservers { get; init; }

    /// <summary>The local domain.</summary>
    public string? Domain { get; init; }

    /// <summary>Search domains.</summary>
    public IReadOnlyList<string>? Search { get; init; }

    /// <summary>Resolver options.</summary>
    public IReadOnlyList<string>? Options { get; init; }

    /// <summary>This, field by field in the place of <paramref name="other"/>.</summary>
    public CniDns Over(CniDns? other) => new()
    {
        Nameservers = Said(Nameservers) ?? other?.Nameservers,
        Domain = string.IsNullOrEmpty(Domain) ? other?.Domain : Domain,
        Search = Said(Search) ?? other?.Search,
        Options = Said(Options) ?? other?.Options,
    };

    // Some runtimes write an empty list for "nothing said".
    private static IReadOnlyList<string>? Said(IReadOnlyList<string>? list) => list is { Count: > 0 } ? list : null;
}
