using System.Globalization;
using Cni.Agent.Observing;
using Fabric.Cli.Output;

namespace Fabric.Cli.Commands.Agent;

/// <summary>An agent's status for people.</summary>
internal static class AgentStatusText
{
    internal static void Write(TextWriter output, AgentStatus status, DateTimeOffset now)
    {
        var versions = status.Versions;
        output.WriteLine($"agent of {status.Node}: {(status.Healthy ? "well" : "not well")}, pid {status.Pid}, for {Age(now - status.Started)}, {status.ResidentBytes / 1e6:0} MB");
        output.WriteLine(
            $"fabric {versions.Fabric}, Open vSwitch {versions.OpenVSwitch ?? "unknown"}, OVN {versions.Ovn ?? "unknown"}, Linux {versions.Kernel}, libbpf {versions.LibBpf ?? "not installed"}, {versions.Runtime}");
        output.WriteLine($"fast path: {(status.FastPath.IsEnabled ? "on" : "off")}, {Printable.Line(status.FastPath.Message)}");
        Table(output, ["PEER", "UP", "VERSION", "PROBLEM"], [], status.Peers.Select(peer => (string[])[peer.Name, YesNo(peer.IsUp), peer.Version ?? "", peer.Problem ?? ""]));
        Table(
            output, ["KERNEL", "FOUND", "FOR", "BROUGHT BY"], [],
            status.Features.Select(feature => (string[])[feature.Name, feature.IsFound ? "yes" : feature.IsNeeded ? "NO" : "no", feature.Purpose, feature.IsFound ? "" : feature.Remedy]));
        Table(output, ["JOURNAL", "ATTACHMENTS"], [1], status.Journal.Select(pair => (string[])[pair.Key, Number(pair.Value)]));
        Table(output, ["MAP", "ENTRIES", "MOST"], [1, 2], status.Maps.Select(map => (string[])[map.Map, Number(map.Entries), Number(map.MaxEntries)]));
        Table(
            output, ["POD", "NIC", "INTERFACE", "DEVICE", "ADDRESSES", "STATE"], [],
            status.Endpoints.Select(each => (string[])[each.Pod, each.Nic, each.Interface, each.Device, string.Join(' ', each.Addresses), each.Step]));
        Table(
            output, ["AGO", "COMMAND", "CODE", "POD", "ERROR"], [0, 2],
            status.Errors.Select(error => (string[])[
                Age(now - error.At), error.Command, Number(error.Code), error.Pod ?? error.Container, error.Details is null ? error.Message ?? "" : $"{error.Message}: {error.Details}"]));
    }

    private static void Table(TextWriter output, string[] names, int[] numbers, IEnumerable<string[]> rows)
    {
        string[][] all = [.. rows.Select(row => (string[])[.. row.Select(Printable.Line)])];
        if (all.Length > 0)
        {
            output.WriteLine();
            new TableText([.. names.Select((name, i) => new TableColumn(name, numbers.Contains(i)))]).Write(output, all, header: true);
        }
    }

    private static string YesNo(bool value) => value ? "yes" : "NO";

    private static string Number(int value) => value.ToString("#,##0", CultureInfo.InvariantCulture);

    private static string Age(TimeSpan age) => age switch
    {
        { TotalDays: >= 2 } => $"{age.TotalDays:0}d",
        { TotalHours: >= 2 } => $"{age.TotalHours:0}h",
        { TotalMinutes: >= 2 } => $"{age.TotalMinutes:0}m",
        _ => $"{Math.Max(0, age.TotalSeconds):0}s",
    };
}
