using System.Text.Json;
using System.Text.Json.Serialization;
using Fabric.Primitives;

namespace Lab.Cluster.Bindings;

/// <summary>The launcher's own interface as CNI made it, read from <c>ip -details -json address show</c> (ip-address(8)).</summary>
/// <param name="OriginalMac">The MAC address CNI gave it, also after a bridge binding has taken it away.</param>
/// <param name="Mtu">Its MTU in bytes.</param>
/// <param name="IsMarked">Whether the original MAC address has been written down.</param>
/// <param name="HasIpv6">Whether it has an IPv6 address beside its link-local one.</param>
internal sealed record PodLink(MacAddress OriginalMac, int Mtu, bool IsMarked, bool HasIpv6)
{
    /// <summary>Begins the interface alias in which the original MAC address is kept: it lives exactly as long as the interface.</summary>
    private const string Mark = "guest-mac=";

    /// <summary>The alias that keeps the original MAC address.</summary>
    public string Alias => Mark + OriginalMac;

    /// <exception cref="FormatException">That is not what ip prints.</exception>
    public static PodLink Parse(string json)
    {
        try
        {
            if (JsonSerializer.Deserialize(json, LinkJson.Default.LinkDtoArray) is not [{ Address: { } address } link, ..])
                throw new FormatException("ip told of no interface");
            var marked = link.Alias?.StartsWith(Mark, StringComparison.Ordinal) == true;
            return new PodLink(MacAddress.Parse(marked ? link.Alias![Mark.Length..] : address), link.Mtu, marked, link.AddrInfo.Any(each => each is { Family: "inet6", Scope: "global" }));
        }
        catch (JsonException e)
        {
            throw new FormatException("ip printed what is not JSON", e);
        }
    }
}

/// <summary>A link as ip prints it.</summary>
internal sealed record LinkDto
{
    public string? Address { get; init; }

    public int Mtu { get; init; }

    [JsonPropertyName("ifalias")]
    public string? Alias { get; init; }

    [JsonPropertyName("addr_info")]
    public IReadOnlyList<LinkAddressDto> AddrInfo { get; init; } = [];
}

/// <summary>An address of a link as ip prints it.</summary>
internal sealed record LinkAddressDto
{
    public string? Family { get; init; }

    public string? Scope { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(LinkDto[]))]
internal sealed partial class LinkJson : JsonSerializerContext;
