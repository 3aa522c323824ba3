using System.Text.Json;

namespace Cni.Protocol;

/// <summary>
/// What a runtime fills in for the capabilities that a plugin's configuration declares (CNI SPEC, "Deriving runtimeConfig"; the
/// names are those of the project's CONVENTIONS.md).
/// </summary>
public sealed record RuntimeConfig
{
    /// <summary>Addresses wanted, with or without prefix length.</summary>
    public IReadOnlyList<string>? Ips { get; init; }

    /// <summary>The MAC address wanted.</summary>
    public string? Mac { get; init; }

    /// <summary>Name service, in place of the network's own.</summary>
    public DnsCapability? Dns { get; init; }

    /// <summary>Limits of the container's traffic.</summary>
    public BandwidthCapability? Bandwidth { get; init; }

    /// <summary>Names by which others are to reach the container.</summary>
    public JsonElement? Aliases { get; init; }

    /// <summary>A device of the node that is to become the interface.</summary>
    public JsonElement? DeviceID { get; init; }

    /// <summary>An InfiniBand identity.</summary>
    public JsonElement? InfinibandGUID { get; init; }

    /// <summary>Ranges to take addresses from.</summary>
    public JsonElement? IpRanges { get; init; }
}

/// <summary>The capability <c>bandwidth</c>; ingress is towards the container. Zero, as some runtimes fill it in, says nothing.</summary>
public sealed record BandwidthCapability
{
    /// <summary>In bit/s.</summary>
    public long? IngressRate { get; init; }

    /// <summary>In bits.</summary>
    public long? IngressBurst { get; init; }

    /// <summary>In bit/s.</summary>
    public long? EgressRate { get; init; }

    /// <summary>In bits.</summary>
    public long? EgressBurst { get; init; }
}

/// <summary>The capability <c>dns</c>, whose fields are not named as those of a result.</summary>
public sealed record DnsCapability
{
    /// <summary>Name servers.</summary>
    public IReadOnlyList<string>? Servers { get; init; }

    /// <summary>Search domains.</summary>
    public IReadOnlyList<string>? Searches { get; init; }

    /// <summary>Resolver options.</summary>
    public IReadOnlyList<string>? Options { get; init; }
}

/// <summary>The field <c>args</c>: what a runtime passes to all plugins alike.</summary>
public sealed record RuntimeArgs
{
    /// <summary>The part whose fields are agreed upon.</summary>
    public CommonArgs? Cni { get; init; }
}

/// <summary>The field <c>args.cni</c>.</summary>
public sealed record CommonArgs
{
    /// <summary>Addresses wanted, with or without prefix length.</summary>
    public IReadOnlyList<string>? Ips { get; init; }

    /// <summary>Labels of the container.</summary>
    public IReadOnlyList<ArgsLabel>? Labels { get; init; }
}

/// <summary>A label of a container.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Value">Its value.</param>
public sealed record ArgsLabel(string Key, string? Value = null);
