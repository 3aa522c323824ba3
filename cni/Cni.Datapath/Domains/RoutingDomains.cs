using Bpf.FastPath.Flows;
using Fabric.Primitives;
using Ovs.Ovsdb;
using Ovs.Southbound;

namespace Cni.Datapath.Domains;

/// <summary>Where a switch port is, as OVN's southbound database says.</summary>
/// <param name="Domain">The routing domain; 0 when its traffic is not to be accelerated.</param>
/// <param name="Addresses">Its addresses.</param>
/// <param name="Mac">What the database says in one text, to see any change.</param>
internal sealed record PortLocation(uint Domain, EquatableArray<IpAddress> Addresses, string Mac);

/// <summary>
/// Which logical datapaths share one space of addresses. A switch is in the domain of the one router it is joined to, whose
/// number is the router's tunnel key: no two datapaths have the same. A switch that several routers share, as one that
/// leads out of the fabric does, is a domain of its own: what their networks call one address may be different hosts.
/// </summary>
/// <param name="Tunnels">Of each tunnel key.</param>
/// <param name="Ports">Where this node's ports are.</param>
/// <param name="Spaces">Of each switch by its name, also when its traffic is not to be accelerated.</param>
internal sealed record RoutingDomains(EquatableMap<uint, TunnelDomain> Tunnels, EquatableMap<string, PortLocation> Ports, EquatableMap<string, uint> Spaces)
{
    /// <summary>The key in <c>external_ids</c> of a switch's port to its router that leaves the switch to Open vSwitch.</summary>
    internal const string FastPathKey = "fabric.vmnet.io/fast-path";

    private const string Patch = "patch";

    /// <summary>What a client of the southbound database is to replicate: all datapaths, how they are joined, and this node's ports.</summary>
    internal static TableMonitor[] Tables(string chassis) =>
    [
        DatapathBinding.Table.MonitorOnly(DatapathBinding.Columns.TunnelKey, DatapathBinding.Columns.ExternalIds),
        PortBinding.Table.MonitorOnly(
            PortBinding.Columns.LogicalPort, PortBinding.Columns.Type, PortBinding.Columns.Datapath, PortBinding.Columns.Options,
            PortBinding.Columns.Mac, PortBinding.Columns.ExternalIds) with
        {
            // By name and not by chassis: a chassis gets another UUID whenever ovn-controller registers it again. A port that
            // two nodes may have, as during a migration, names both and is left to Open vSwitch meanwhile.
            WhereAny =
            [
                PortBinding.Columns.Type.EqualTo(Patch),
                PortBinding.Columns.Options.Includes(OvsdbMap.Of(("requested-chassis", chassis))),
            ],
        },
    ];

    /// <summary>Works it out.</summary>
    internal static RoutingDomains Of(OvsdbSnapshot southbound)
    {
        var datapaths = southbound.Table<DatapathBinding>();
        var ports = southbound.Table<PortBinding>();
        var byName = ports.Where(port => port.Type == Patch).ToDictionary(port => port.LogicalPort, StringComparer.Ordinal);
        var joined = byName.Values.ToLookup(port => port.Datapath.Uuid);
        var domains = datapaths.ToDictionary(datapath => datapath.Uuid, datapath => DomainOf(datapath, joined[datapath.Uuid], byName, datapaths));
        return new(
            datapaths.Select(datapath => KeyValuePair.Create((uint)datapath.TunnelKey, domains[datapath.Uuid])).ToEquatableMap(),
            ports.Where(port => port.Type.Length == 0)
                .Select(port => KeyValuePair.Create(port.LogicalPort, LocationOf(port, domains))).ToEquatableMap(),
            datapaths.Where(datapath => datapath.ExternalIds.ContainsKey("logical-switch") && datapath.ExternalIds.ContainsKey("name"))
                // Names are not unique in OVN; those of Fabric's switches are.
                .DistinctBy(datapath => datapath.ExternalIds["name"])
                .Select(datapath => KeyValuePair.Create(datapath.ExternalIds["name"], domains[datapath.Uuid].Space)).ToEquatableMap());
    }

    private static TunnelDomain DomainOf(
        DatapathBinding datapath, IEnumerable<PortBinding> joints, Dictionary<string, PortBinding> byName, TableSnapshot<DatapathBinding> datapaths)
    {
        if (datapath.ExternalIds.ContainsKey("logical-router"))
        {
            return new((uint)datapath.TunnelKey, (uint)datapath.TunnelKey);
        }

        var isFast = true;
        var routers = new HashSet<Guid>();
        foreach (var joint in joints)
        {
            if (joint.ExternalIds.TryGetValue(FastPathKey, out var wanted) && wanted == "false")
            {
                isFast = false;
            }

            if (joint.Options.TryGetValue("peer", out var peer) && byName.TryGetValue(peer, out var far))
            {
                routers.Add(far.Datapath.Uuid);
            }
        }

        var space = routers.Count == 1 && datapaths.Find(RowId.Of(routers.Single())) is { } router ? (uint)router.TunnelKey : (uint)datapath.TunnelKey;
        return new(isFast ? space : 0, space);
    }

    private static PortLocation LocationOf(PortBinding port, Dictionary<Guid, TunnelDomain> domains)
    {
        var text = string.Join(' ', port.Mac);
        var addresses = text.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(word => IpAddress.TryParse(word, out var address) ? address : default)
            .Where(address => address.IsValid);
        var domain = domains.GetValueOrDefault(port.Datapath.Uuid);
        return new(domain.Domain, [.. addresses], text);
    }
}
