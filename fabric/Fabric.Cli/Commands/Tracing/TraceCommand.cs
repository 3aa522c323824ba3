using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fabric.Cli.Commands.Bpf;
using Fabric.Cli.Commands.Objects;
using Fabric.Cli.Terminal;
using Fabric.Cli.Tracing;
using Fabric.Primitives;
using Fabric.Resources;
using Lab.Runner.Processes;

namespace Fabric.Cli.Commands.Tracing;

/// <summary><c>fabric trace</c>: what becomes of the first packet of a connection.</summary>
internal static class TraceCommand
{
    // As of grep: no failure, and not the answer hoped for.
    private const int Dropped = 2;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    internal static Command Create()
    {
        var from = new Argument<string>("FROM") { Description = "A Nic, pod/NAME or vm/NAME, with NAMESPACE/ before it if need be; or an address" };
        var to = new Argument<string>("TO") { Description = "The same for who is connected to" };
        var protocol = new Option<string>("--proto") { Description = "tcp, udp, sctp or icmp", DefaultValueFactory = _ => "icmp" };
        protocol.AcceptOnlyFromAmong("tcp", "udp", "sctp", "icmp");
        var port = new Option<int?>("--port") { Description = "The port connected to, 1 to 65535" };
        var ipv6 = new Option<bool>("--ipv6", "-6") { Description = "Between the IPv6 addresses of Nics that have both" };
        var database = new Option<string?>("--ovn-sb") { Description = "OVN's southbound database, unix:PATH or tcp:HOST:PORT; else that of this machine, if there is one" };
        var output = new Option<string?>("--output", "-o") { Description = "json for programs" };
        output.AcceptOnlyFromAmong("json");
        var command = new Command("trace", """
            Say whether the first packet of a connection arrives, which way it goes, and what drops it where. The objects are asked, then
            OVN (ovn-trace), and on a node, as root, what its fast path remembers. Exit code 0 when it arrives, 2 when it is dropped.

            Examples:
              fabric trace pod/client vm/db --proto tcp --port 5432 -n team
              fabric trace 203.0.113.9 vm/db --proto tcp --port 443 -n team
              fabric trace team/pod/client other/vm/db -6
            """)
        {
            from, to, protocol, port, ipv6, database, output,
        };
        var connection = new ConnectionOptions(command);
        command.SetAction(async (parse, cancellationToken) =>
        {
            var family = parse.GetValue(ipv6) ? IpFamily.V6 : IpFamily.V4;
            using var session = connection.Open(parse);
            var view = await NetworkView.ReadAsync(session, cancellationToken);
            var (sender, receiver) = Ends(view, parse.GetValue(from)!, parse.GetValue(to)!, session.Namespace, family);
            var (spoken, number) = Traffic(parse.GetValue(protocol)!, parse.GetValue(port), receiver.Address.Family);
            var trace = PacketTrace.Of(view, sender, receiver, spoken, number, spoken switch { SecurityProtocol.ICMP => 8, SecurityProtocol.ICMPv6 => 128, _ => 0 });
            var (ovn, problem) = await AskOvnAsync(parse.GetValue(database), view, trace, cancellationToken);
            var remembered = FastPath(trace);
            if (parse.GetValue(output) is not null)
                await session.Output.WriteLineAsync(Json(trace, ovn, problem, remembered).ToJsonString(Indented));
            else
                await WriteAsync(session.Output, trace, ovn, problem, remembered);
            return trace.Arrives && ovn?.Arrives != false ? 0 : Dropped;
        });
        return command;
    }

    private static (TraceEnd From, TraceEnd To) Ends(NetworkView view, string from, string to, string ns, IpFamily family)
    {
        var sender = IpAddress.TryParse(from, out var source) ? null : view.FindNic(from, ns);
        var receiver = IpAddress.TryParse(to, out var destination) ? null : view.FindNic(to, ns);
        if (sender is null)
            family = source.Family;
        else if (receiver is null)
            family = destination.Family;
        if (sender is not null)
            source = AddressOf(sender, family);
        if (receiver is not null)
            destination = AddressOf(receiver, family);
        if (source.Family != destination.Family)
            throw new CommandFailure($"{source} and {destination} are of different families");
        // An address is meant in the Vpc of the other end.
        var vpc = (sender ?? receiver) is { } known ? view.SubnetOf(known).Spec.Vpc : null;
        return (new TraceEnd(source, sender ?? view.FindHolder(source, vpc)), new TraceEnd(destination, receiver ?? view.FindHolder(destination, vpc)));
    }

    private static IpAddress AddressOf(Nic nic, IpFamily family)
    {
        var addresses = nic.Status?.Addresses ?? [];
        foreach (var address in addresses)
        {
            if (address.Family == family)
                return address.Address;
        }

        throw new CommandFailure(addresses.IsEmpty
            ? $"Nic {nic.Metadata.Name} has no address yet: see fabric describe nic {nic.Metadata.Name} -n {nic.Metadata.Namespace}"
            : $"Nic {nic.Metadata.Name} has no {(family == IpFamily.V4 ? "IPv4" : "IPv6")} address: {(family == IpFamily.V4 ? "give -6" : "leave -6 out")}");
    }

    private static (SecurityProtocol Protocol, int Port) Traffic(string protocol, int? port, IpFamily family) => (protocol, port) switch
    {
        ("icmp", null) => (family == IpFamily.V4 ? SecurityProtocol.ICMP : SecurityProtocol.ICMPv6, 0),
        ("icmp", _) => throw new CommandFailure("--port: ICMP has no ports; give --proto tcp, udp or sctp"),
        (_, null) => throw new CommandFailure($"--port: which port of {protocol} is connected to?"),
        (_, < 1 or > 65535) => throw new CommandFailure($"--port {port}: give 1 to 65535"),
        _ => (Enum.Parse<SecurityProtocol>(protocol, ignoreCase: true), port.Value),
    };

    private static async Task<(OvnTrace? Trace, string? Problem)> AskOvnAsync(string? database, NetworkView view, PacketTrace trace, CancellationToken cancellationToken)
    {
        if (trace.From.Nic?.Status?.Port is null || trace.To.Nic is { Status: null })
            return (null, "it is asked for packets from Nics that have ports");
        if ((database ?? OvnTrace.FindDatabase()) is not { } found)
            return (null, "its southbound database is not on this machine: give --ovn-sb");
        try
        {
            return (await OvnTrace.RunAsync(found, view, trace, cancellationToken), null);
        }
        catch (ToolException e)
        {
            return (null, e.Message);
        }
    }

    /// <summary>What the node remembers of such a connection; null where there is no fast path to look at.</summary>
    private static IReadOnlyList<string>? FastPath(PacketTrace trace)
    {
        if (!Environment.IsPrivilegedProcess)
            return null;
        try
        {
            using var node = NodeFastPath.Open();
            return
            [
                .. node.FastPath.ReadFlows()
                    .Where(flow => flow.IsCurrent && (flow.Source, flow.Destination) == (trace.From.Address, trace.To.Address) && (trace.Connection.Port == 0 || flow.DestinationPort == trace.Connection.Port))
                    .Select(flow => $"{flow.Source}:{flow.SourcePort} to {flow.Destination}:{flow.DestinationPort} by {(flow.Node is { } other ? $"node {other}" : node.NameOf(flow.LinkIndex))}"),
            ];
        }
        catch (CommandFailure)
        {
            return null;
        }
    }

    private static async Task WriteAsync(TextWriter output, PacketTrace trace, OvnTrace? ovn, string? problem, IReadOnlyList<string>? remembered)
    {
        var connection = trace.Connection;
        await output.WriteLineAsync($"packet     {connection.Protocol}{(connection.Port > 0 ? $" {connection.Port}" : "")} from {Name(trace.From)} to {Name(trace.To)}");
        await output.WriteLineAsync($"way        {string.Join(" -> ", trace.Hops)}");
        await output.WriteLineAsync($"sender     {(trace.From.Nic is null ? "no Nic" : trace.Verdict.Egress is { } egress ? $"{egress.Rule.Action} by {egress}" : "no policy is for it")}");
        await output.WriteLineAsync($"receiver   {(trace.To.Nic is null ? "no Nic" : trace.Verdict.Ingress is { } ingress ? $"{ingress.Rule.Action} by {ingress}" : "no policy is for it")}");
        await output.WriteLineAsync($"verdict    {(trace.Arrives ? "allowed" : $"dropped by {trace.DroppedBy}")}");
        await output.WriteLineAsync($"OVN        {(ovn is null ? $"not asked: {problem}" : OvnText(ovn))}");
        if (ovn is not null && ovn.Arrives != trace.Arrives)
            await output.WriteLineAsync("           OVN and the objects disagree: if it stays so, see the log of fabric server");
        if (remembered is not null)
            await output.WriteLineAsync($"fast path  {(remembered.Count == 0 ? "no such flow on this node" : string.Join("; ", remembered))}");
    }

    private static string OvnText(OvnTrace ovn) =>
        (ovn.Arrives ? "delivered" : $"ended in {ovn.Stage ?? "the first stage"}") + (ovn.Rule is { } rule ? $", last by {rule}" : "");

    private static string Name(TraceEnd end) => end.Nic is { } nic ? $"{end.Address} (Nic {ResourceTypes.Nics.KeyOf(nic)})" : $"{end.Address}";

    private static JsonObject Json(PacketTrace trace, OvnTrace? ovn, string? problem, IReadOnlyList<string>? remembered) => new()
    {
        ["arrives"] = trace.Arrives,
        ["droppedBy"] = trace.DroppedBy,
        ["from"] = End(trace.From),
        ["to"] = End(trace.To),
        ["protocol"] = trace.Connection.Protocol.ToString(),
        ["port"] = trace.Connection.Port,
        ["hops"] = new JsonArray([.. trace.Hops.Select(hop => (JsonNode)hop)]),
        ["egress"] = trace.Verdict.Egress?.ToString(),
        ["ingress"] = trace.Verdict.Ingress?.ToString(),
        ["ovn"] = ovn is null
            ? new JsonObject { ["problem"] = problem }
            : new JsonObject { ["arrives"] = ovn.Arrives, ["stage"] = ovn.Stage, ["rule"] = ovn.Rule?.ToString() },
        ["fastPath"] = remembered is null ? null : new JsonArray([.. remembered.Select(flow => (JsonNode)flow)]),
    };

    private static JsonObject End(TraceEnd end) => new()
    {
        ["address"] = end.Address.ToString(),
        ["nic"] = end.Nic is { } nic ? ResourceTypes.Nics.KeyOf(nic).ToString() : null,
        ["node"] = end.Nic?.Status?.Node,
    };
}
