using System.Globalization;
using System.Text.RegularExpressions;
using Fabric.Policy.Evaluating;
using Fabric.Policy.Model;
using Fabric.Realization;
using Fabric.Resources;
using Lab.Runner.Lifecycle;
using Lab.Runner.Processes;
using Lab.Runner.State;

namespace Fabric.Cli.Tracing;

/// <summary>What OVN itself says of a packet: <c>ovn-trace</c>(8) on its southbound database.</summary>
/// <param name="Arrives">Whether it is given out at the receiver's port.</param>
/// <param name="Rule">The policy's rule that OVN applied last, or null when none was.</param>
/// <param name="Stage">The stage of the pipeline where it ended, such as <c>ls_out_acl</c>, or null when it arrives.</param>
/// <param name="Text">All that ovn-trace printed.</param>
internal sealed partial record OvnTrace(bool Arrives, DecidingRule? Rule, string? Stage, string Text)
{
    private const string Standard = "/var/run/ovn/ovnsb_db.sock";

    // northd puts ACLs between its own flows (northd.h, OVN_ACL_PRI_OFFSET).
    private const int PriorityOffset = 1000;

    /// <summary>The database on this machine, if there is one: OVN's own, or the only lab's.</summary>
    public static string? FindDatabase()
    {
        if (File.Exists(Standard))
            return $"unix:{Standard}";
        try
        {
            return FabricLab.List() is [var only] && Path.Combine(new LabFolder(LabId.Parse(only)).Path, "central", "sb.sock") is var socket && File.Exists(socket) ? $"unix:{socket}" : null;
        }
        catch (UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Follows the first packet of a connection from a Nic.</summary>
    /// <exception cref="ToolException">ovn-trace is missing, or the database is not reached.</exception>
    public static async Task<OvnTrace> RunAsync(string database, NetworkView view, PacketTrace packet, CancellationToken cancellationToken)
    {
        var sender = packet.From.Nic!;
        var subnet = view.SubnetOf(sender);
        var text = await Tool.RunAsync(
            "ovn-trace",
            [
                $"--db={database}", "--detailed",
                // Every stage that asks the tracker hears of a new connection.
                .. Enumerable.Repeat("--ct=new", 4),
                NorthboundNames.Switch(sender.Spec.Subnet), FlowOf(packet, subnet),
            ],
            cancellationToken);
        return Read(text, view, packet);
    }

    /// <summary>Reads what ovn-trace printed.</summary>
    internal static OvnTrace Read(string text, NetworkView view, PacketTrace packet)
    {
        var arrives = packet.To.Nic is { } receiver
            ? text.Contains($"output to \"{receiver.Status?.Port}\"", StringComparison.Ordinal)
            : text.Contains("output to ", StringComparison.Ordinal);
        var stages = StageLine().Matches(text);
        var rules = from stage in stages
                    where stage.Groups["stage"].Value.EndsWith("_acl", StringComparison.Ordinal)
                    let rank = int.Parse(stage.Groups["priority"].Value, CultureInfo.InvariantCulture) - PriorityOffset
                    let direction = stage.Groups["stage"].Value.Contains("_in_", StringComparison.Ordinal) ? PolicyDirection.Egress : PolicyDirection.Ingress
                    let rule = FindRule(view, packet, stage.Groups["match"].Value, direction, rank)
                    where rule is not null
                    select rule;
        return new OvnTrace(arrives, rules.LastOrDefault(), arrives || stages.Count == 0 ? null : stages[^1].Groups["stage"].Value, text);
    }

    private static DecidingRule? FindRule(NetworkView view, PacketTrace packet, string match, PolicyDirection direction, int rank)
    {
        var vpc = view.SubnetOf(packet.From.Nic!).Spec.Vpc;
        return (from policy in view.Rendered
                where match.Contains($"@{NorthboundNames.PolicyGroup(policy.Id, vpc)}", StringComparison.Ordinal)
                from rule in policy.Rules
                where rule.Direction == direction && rule.Rank == rank
                select new DecidingRule(policy.Id, rule)).FirstOrDefault();
    }

    private static string FlowOf(PacketTrace packet, Subnet subnet)
    {
        var (from, to, connection) = (packet.From.Nic!, packet.To.Nic, packet.Connection);
        var direct = to is not null && to.Spec.Subnet == from.Spec.Subnet;
        var destination = direct ? to!.Status!.MacAddress!.Value : NorthboundNames.RouterMac(subnet.Spec.Vpc, subnet.Metadata.Name!);
        var version = connection.To.Address.IsV4 ? "4" : "6";
        var inner = connection.Protocol switch
        {
            SecurityProtocol.TCP => $"tcp.src == 40000 && tcp.dst == {connection.Port} && tcp.flags == 2",
            SecurityProtocol.UDP => $"udp.src == 40000 && udp.dst == {connection.Port}",
            SecurityProtocol.SCTP => $"sctp.src == 40000 && sctp.dst == {connection.Port}",
            _ => $"icmp{version}.type == {connection.IcmpType} && icmp{version}.code == {connection.IcmpCode}",
        };
        return $"inport == \"{from.Status!.Port}\" && eth.src == {from.Status.MacAddress} && eth.dst == {destination} && ip.ttl == 64 "
            + $"&& ip{version}.src == {connection.From.Address} && ip{version}.dst == {connection.To.Address} && {inner}";
    }

    [GeneratedRegex(@"^\s*\d+\. (?<stage>l[sr]_(in|out)_\w+)(?: \([^)]*\))?: (?<match>.*), priority (?<priority>\d+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex StageLine();
}
