using Fabric.Cli.Terminal;
using Fabric.Policy.Evaluating;
using Fabric.Primitives;
using Fabric.Realization;
using Fabric.Resources;

namespace Fabric.Cli.Tracing;

/// <summary>One end of a packet that is followed.</summary>
/// <param name="Address">The address.</param>
/// <param name="Nic">Whose it is; null outside the Vpc.</param>
internal sealed record TraceEnd(IpAddress Address, Nic? Nic);

/// <summary>What becomes of the first packet of a connection, by what the objects say.</summary>
/// <param name="Connection">The connection.</param>
/// <param name="From">Who sends.</param>
/// <param name="To">Who is sent to.</param>
/// <param name="Hops">Where it goes, from the sender on.</param>
/// <param name="NoWay">Why there is no way whatever policies say, or null.</param>
/// <param name="Verdict">What policies say.</param>
internal sealed record PacketTrace(Connection Connection, TraceEnd From, TraceEnd To, IReadOnlyList<string> Hops, string? NoWay, Verdict Verdict)
{
    /// <summary>Whether the packet arrives.</summary>
    public bool Arrives => NoWay is null && Verdict.IsAllowed;

    /// <summary>What drops it, and on which hop; null when it arrives.</summary>
    public string? DroppedBy => NoWay
        ?? (Verdict.DeniedBy is not { } rule ? null
        : $"{rule} at the port of {(ReferenceEquals(rule, Verdict.Egress) ? $"the sender, Nic {ResourceTypes.Nics.KeyOf(From.Nic!)}" : $"the receiver, Nic {ResourceTypes.Nics.KeyOf(To.Nic!)}")}");

    /// <summary>Judges a connection.</summary>
    /// <exception cref="CommandFailure">Neither end is a Nic.</exception>
    public static PacketTrace Of(NetworkView view, TraceEnd from, TraceEnd to, SecurityProtocol protocol, int port, int icmpType)
    {
        if (from.Nic is null && to.Nic is null)
            throw new CommandFailure($"neither {from.Address} nor {to.Address} is a Nic's: name one of the ends as fabric get nics does");
        var connection = new Connection(EndOf(view, from), EndOf(view, to), protocol) { Port = port, IcmpType = icmpType };
        return new PacketTrace(connection, from, to, HopsOf(view, from, to), NoWayOf(view, from, to), view.Evaluator.Evaluate(connection));
    }

    private static ConnectionEnd EndOf(NetworkView view, TraceEnd end) => new(end.Address, end.Nic is null ? null : view.EndpointOf(end.Nic));

    private static List<string> HopsOf(NetworkView view, TraceEnd from, TraceEnd to)
    {
        var hops = new List<string>();
        if (from.Nic is { } sender)
            hops.AddRange([$"port {sender.Status?.Port}{NodeOf(sender)}", $"switch {NorthboundNames.Switch(sender.Spec.Subnet)}"]);
        if (from.Nic?.Spec.Subnet != to.Nic?.Spec.Subnet)
            hops.Add($"router {NorthboundNames.Router(view.SubnetOf(from.Nic ?? to.Nic!).Spec.Vpc)}");
        if (to.Nic is { } receiver)
        {
            if (from.Nic?.Spec.Subnet != receiver.Spec.Subnet)
                hops.Add($"switch {NorthboundNames.Switch(receiver.Spec.Subnet)}");
            if (from.Nic?.Status?.Node is { } here && receiver.Status?.Node is { } there && here != there)
                hops.Add($"tunnel {here} to {there}");
            hops.Add($"port {receiver.Status?.Port}{NodeOf(receiver)}");
        }

        return hops;
    }

    private static string NodeOf(Nic nic) => nic.Status?.Node is { } node ? $" on {node}" : " (on no node)";

    private static string? NoWayOf(NetworkView view, TraceEnd from, TraceEnd to)
    {
        if (from.Nic is not { } sender || to.Nic is not { } receiver)
            return null;
        var (here, there) = (view.SubnetOf(sender), view.SubnetOf(receiver));
        return here.Spec.Vpc != there.Spec.Vpc ? $"there is no way between the Vpcs {here.Spec.Vpc} and {there.Spec.Vpc}"
            : Closes(here, there) ? Closed(here, there)
            : Closes(there, here) ? Closed(there, here)
            : null;
    }

    private static bool Closes(Subnet subnet, Subnet other) =>
        subnet.Spec.Private && subnet.Metadata.Name != other.Metadata.Name && !subnet.Spec.AllowSubnets.Contains(other.Metadata.Name!);

    private static string Closed(Subnet subnet, Subnet other) =>
        $"Subnet {subnet.Metadata.Name} is private, and its spec.allowSubnets has no {other.Metadata.Name}";
}
