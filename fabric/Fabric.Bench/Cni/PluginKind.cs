using System.Text.Json.Nodes;

namespace Fabric.Bench.Cni;

/// <summary>A CNI plugin, and the configuration it is called with.</summary>
/// <param name="Name">What its figures are called by; empty for Fabric's own.</param>
/// <param name="Program">The executable.</param>
/// <param name="Config">Standard input.</param>
internal sealed record PluginKind(string Name, string Program, string Config)
{
    /// <summary>Where Debian's containernetworking-plugins has them.</summary>
    internal const string Folder = "/usr/lib/cni";

    // The newest that Debian's plugins speak.
    private const string Version = "1.0.0";

    internal static PluginKind Fabric(string program, string socket) => new("", program, Text(new JsonObject { ["type"] = "fabric-cni", ["socket"] = socket }));

    /// <summary>A bridge of the node that is the containers' gateway; no masquerade, which would cost it rules of iptables.</summary>
    internal static PluginKind Bridge(string folder) => new(
        "bridge", Path.Combine(Folder, "bridge"),
        Text(new JsonObject { ["type"] = "bridge", ["bridge"] = "bench0", ["isGateway"] = true, ["ipam"] = HostLocal("10.98.0.0/16", folder) }));

    /// <summary>A veth pair with a route.</summary>
    internal static PluginKind PointToPoint(string folder) => new(
        "ptp", Path.Combine(Folder, "ptp"), Text(new JsonObject { ["type"] = "ptp", ["ipam"] = HostLocal("10.97.0.0/16", folder) }));

    /// <summary>What a figure of this plugin is called.</summary>
    internal string Figure(string rest) => Name.Length == 0 ? rest : $"{Name}_{rest}";

    private static JsonObject HostLocal(string subnet, string folder) => new()
    {
        ["type"] = "host-local",
        ["ranges"] = new JsonArray(new JsonArray(new JsonObject { ["subnet"] = subnet })),
        ["routes"] = new JsonArray(new JsonObject { ["dst"] = "0.0.0.0/0" }),
        ["dataDir"] = folder,
    };

    private static string Text(JsonObject plugin)
    {
        plugin["cniVersion"] = Version;
        plugin["name"] = $"bench-{plugin["type"]}";
        return plugin.ToJsonString();
    }
}
