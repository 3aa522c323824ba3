using System.CommandLine;
using System.Globalization;
using Bpf.FastPath.Endpoints;
using Fabric.Cli.Output;
using Fabric.Cli.Terminal;

namespace Fabric.Cli.Commands.Bpf;

/// <summary><c>fabric bpf</c>: the fast path of the node whose network namespace this runs in.</summary>
internal static class BpfCommand
{
    internal static Command Create() => new("bpf", "Look at this node's fast path, or turn it off and on; run it in the node's network namespace, as root")
    {
        Make("show", "Show whether flows are fast, and what was learned and why not", Show),
        Make("flows", "Show the flows that are remembered, one line for each direction", ShowFlows),
        Make("stats", "Show what each endpoint sent and received by either path, and why frames were left to Open vSwitch", ShowStats),
        Make("detach", "Leave every frame to Open vSwitch until 'fabric bpf attach' or until the agent starts again", node =>
        {
            node.FastPath.Hold();
            Console.WriteLine("every frame goes through Open vSwitch");
        }),
        Make("attach", "Let flows be fast again after 'fabric bpf detach'", node =>
        {
            node.FastPath.Release();
            Console.WriteLine("established flows pass Open vSwitch by");
        }),
    };

    private static Command Make(string name, string description, Action<NodeFastPath> run)
    {
        var command = new Command(name, description);
        command.SetAction(_ =>
        {
            Root.Require($"fabric bpf {name}");
            using var node = NodeFastPath.Open();
            run(node);
        });
        return command;
    }

    private static void Show(NodeFastPath node)
    {
        var fast = node.FastPath;
        Console.WriteLine(fast switch
        {
            { IsHeld: true } => "off: fabric bpf detach was run",
            { IsEnabled: true } => "on: established flows pass Open vSwitch by",
            _ => "off: the log of the agent says why",
        });
        Console.WriteLine($"to other nodes: {(fast.UnderlayIndex == 0 ? "through Open vSwitch" : $"by {node.NameOf(fast.UnderlayIndex)}")}");
        Console.WriteLine($"endpoints: {node.Endpoints.Count}, directions of flows: {fast.ReadFlows().Count(flow => flow.IsCurrent)}, epoch {fast.Epoch}, nb_cfg {fast.Policy}");
        Write([new("EVENT", false), new("TIMES", true)], fast.ReadEvents().Select(each => (string[])[$"{each.Event}", Number(each.Times)]));
    }

    private static void ShowFlows(NodeFastPath node) => Write(
        [
            new("DOMAIN", true), new("PROTO", false), new("SOURCE", false), new("DESTINATION", false), new("TO", false), new("MAC", false), new("HOPS", true),
            new("LONGEST", true), new("AGE", true), new("CURRENT", false),
        ],
        node.FastPath.ReadFlows()
            .OrderBy(flow => flow.Domain).ThenBy(flow => flow.Source).ThenBy(flow => flow.SourcePort)
            .Select(flow => (string[])
            [
                Number(flow.Domain), Protocol(flow.Protocol), End(flow.Source.ToString(), flow.SourcePort), End(flow.Destination.ToString(), flow.DestinationPort),
                flow.Node is { } other ? $"node {other}" : node.NameOf(flow.LinkIndex), flow.DestinationMac.ToString(), Number((ulong)flow.Hops),
                Number((ulong)flow.Longest), flow.Age.TotalSeconds.ToString("0.0s", CultureInfo.InvariantCulture), flow.IsCurrent ? "yes" : "no",
            ]));

    private static void ShowStats(NodeFastPath node)
    {
        var rows = node.Endpoints.SelectMany(endpoint => new[]
        {
            Row(endpoint.Name, "sent", node.FastPath.ReadCounters(endpoint.HostIndex)),
            Row(endpoint.Name, "received", node.FastPath.ReadCounters(endpoint.OvsIndex)),
        }).ToList();
        if (node.FastPath.UnderlayIndex is not 0 and var nic)
        {
            rows.Add(Row(node.NameOf(nic), "from nodes", node.FastPath.ReadCounters(nic)));
        }

        Write(
            [new("DEVICE", false), new("WAY", false), new("PACKETS", true), new("FAST", true), new("BYTES", true), new("FAST-BYTES", true), new("DROPS", true), new("LEFT-TO-OVS", false)],
            rows.OfType<string[]>());
    }

    private static string[]? Row(string device, string way, EndpointTraffic? traffic) => traffic is null ? null :
    [
        device, way, Number(traffic.Packets), Number(traffic.FastPackets), Number(traffic.Bytes), Number(traffic.FastBytes), Number(traffic.Drops),
        traffic.Misses.IsEmpty ? "-" : string.Join(' ', traffic.Misses.Select(miss => $"{miss.Reason}:{miss.Frames}")),
    ];

    private static void Write(TableColumn[] columns, IEnumerable<string[]> rows) => new TableText(columns).Write(Console.Out, [.. rows], header: true);

    private static string Number(ulong value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Protocol(byte number) => number switch { 6 => "tcp", 17 => "udp", 1 => "icmp", 58 => "icmp6", _ => Number(number) };

    private static string End(string address, ushort port) => address.Contains(':', StringComparison.Ordinal) ? $"[{address}]:{port}" : $"{address}:{port}";
}
