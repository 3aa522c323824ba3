using System.Globalization;
using Bpf.FastPath.Flows;
using Bpf.Interop;
using Cni.Netlink;
using Fabric.Cli.Terminal;

namespace Fabric.Cli.Commands.Bpf;

/// <summary>The programs that an agent attached in this network namespace.</summary>
internal sealed class NodeFastPath : IDisposable
{
    private readonly Dictionary<int, string> _names;

    private NodeFastPath(RunningFastPath fastPath, Dictionary<int, string> names, IReadOnlyList<NodeEndpoint> endpoints)
    {
        FastPath = fastPath;
        _names = names;
        Endpoints = endpoints;
    }

    public RunningFastPath FastPath { get; }

    public IReadOnlyList<NodeEndpoint> Endpoints { get; }

    /// <exception cref="CommandFailure">There is none, or it cannot be looked at; the message says why.</exception>
    public static NodeFastPath Open()
    {
        try
        {
            using var node = NetnsScope.OpenSocket();
            var links = node.GetLinks();
            var programs = links.Select(link => (link.Index, Program: ProgramOf(node, link.Index))).Where(each => each.Program is not null).ToArray();
            if (programs.Length == 0)
            {
                throw new CommandFailure("no agent has attached programs in this network namespace; on a lab's node: nsenter --net=/run/netns/NODE fabric bpf ...");
            }

            var endpoints = links.Where(link => link.Name.StartsWith("fb", StringComparison.Ordinal))
                .Select(link => (Host: link, Port: links.FirstOrDefault(other => other.Name == $"ov{link.Name.AsSpan(2)}")))
                .Where(pair => pair.Port is not null)
                .Select(pair => new NodeEndpoint(pair.Host.Name, pair.Host.Index, pair.Port!.Index));
            var running = RunningFastPath.Open(programs[0].Program!.Value)
                ?? throw new CommandFailure("this node runs on Open vSwitch alone: its agent was told so, or could not load the fast path; its log says which");
            return new NodeFastPath(running, links.ToDictionary(link => link.Index, link => link.Name), [.. endpoints]);
        }
        catch (Exception e) when (e is BpfException or NetlinkException)
        {
            throw new CommandFailure(e.Message);
        }
    }

    public string NameOf(int link) => _names.GetValueOrDefault(link) ?? link.ToString(CultureInfo.InvariantCulture);

    public void Dispose() => FastPath.Dispose();

    // Those on endpoints first: the underlay's are taken away with its devices.
    private static uint? ProgramOf(RouteSocket node, int link) => node.GetIngressFilters(link)
        .FirstOrDefault(filter => filter.Name is "from_endpoint" or "from_ovs" or FlowCache.FromUnderlay or FlowCache.ToUnderlay)?.ProgramId;
}

/// <summary>An endpoint of the node.</summary>
/// <param name="Name">Its host end.</param>
/// <param name="HostIndex">The host end's ifindex.</param>
/// <param name="OvsIndex">The ifindex of the switch's port.</param>
internal sealed record NodeEndpoint(string Name, int HostIndex, int OvsIndex);
