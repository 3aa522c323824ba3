namespace Cni.Protocol;

/// <summary>The versions of the specification that are spoken.</summary>
public static class CniVersions
{
    /// <summary>The newest one, in which requests are thought of here.</summary>
    public const string Newest = "1.1.0";

    /// <summary>What a configuration that names no version means.</summary>
    public const string Unnamed = "0.1.0";

    /// <summary>All of them, the oldest first.</summary>
    public static IReadOnlyList<string> Supported { get; } = ["0.3.1", "0.4.0", "1.0.0", Newest];

    /// <summary>Whether <paramref name="version"/> is spoken.</summary>
    public static bool IsSupported(string? version) => version is not null && Supported.Contains(version, StringComparer.Ordinal);

    /// <summary>Whether a version that is spoken has the command: CHECK came with 0.4.0, GC and STATUS with 1.1.0.</summary>
    public static bool Has(string version, string command) => command switch
    {
        "CHECK" => version is not "0.3.1",
        "GC" or "STATUS" => version is Newest,
        _ => true,
    };

    /// <summary>
    /// The result as <paramref name="version"/> has it: before 1.1.0 interfaces and routes say less, before 1.0.0 every address
    /// names its family.
    /// </summary>
    /// <exception cref="ArgumentException">The version is not one of <see cref="Supported"/>.</exception>
    public static CniResult Convert(CniResult result, string version)
    {
        ArgumentNullException.ThrowIfNull(result);
        if (!IsSupported(version))
        {
            throw new ArgumentException($"CNI version {version} is not spoken", nameof(version));
        }

        var converted = result with { CniVersion = version };
        if (version != Newest)
        {
            converted = converted with
            {
                Interfaces = [.. converted.Interfaces.Select(each => each with { Mtu = null, SocketPath = null, PciId = null })],
                Routes = [.. converted.Routes.Select(each => each with { Mtu = null, AdvMss = null, Priority = null, Table = null, Scope = null })],
            };
        }

        var familyIsNamed = version is "0.3.1" or "0.4.0";
        return converted with
        {
            Ips = [.. converted.Ips.Select(each => each with { Version = familyIsNamed ? Family(each.Address) : null })],
        };
    }

    private static string Family(string address) => address.Contains(':', StringComparison.Ordinal) ? "6" : "4";
}
