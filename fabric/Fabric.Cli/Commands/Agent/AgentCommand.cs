using System.CommandLine;
using Bpf.FastPath.Endpoints;
using System.Net;
using Cni.Agent;
using Fabric.Cli.Terminal;
using Fabric.Telemetry.Otlp;

namespace Fabric.Cli.Commands.Agent;

/// <summary><c>fabric agent</c>: the node's part.</summary>
internal static class AgentCommand
{
    internal const string DefaultSocket = "/run/fabric/agent.sock";

    internal static Command Create()
    {
        var node = new Option<string>("--node") { Description = "Name of the Node, which is also OVN's chassis name", Required = true };
        var kubeconfig = new Option<string?>("--kubeconfig") { Description = "How to reach the Kubernetes API; the pod's own service account when absent" };
        var ovs = new Option<string>("--ovs") { Description = "Open vSwitch's database", DefaultValueFactory = _ => "unix:/var/run/openvswitch/db.sock" };
        var socket = new Option<string>("--socket") { Description = "Unix socket that the CNI plugin calls", DefaultValueFactory = _ => DefaultSocket };
        var state = new Option<string>("--state") { Description = "Folder of the journal", DefaultValueFactory = _ => "/var/lib/fabric/agent" };
        var noFastPath = new Option<bool>("--no-fast-path") { Description = "Leave every frame of this node to Open vSwitch" };
        var flows = new Option<int>("--fast-path-flows") { Description = "Directions of flows that the fast path remembers", DefaultValueFactory = _ => new DatapathOptions().MaxFlows };
        var metrics = new Option<string?>("--metrics") { Description = "Address and port of loopback at which /metrics is served, such as 127.0.0.1:9464; nowhere when absent" };
        metrics.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !(IPEndPoint.TryParse(token.Value, out var endpoint) && endpoint.Port != 0 && IPAddress.IsLoopback(endpoint.Address)))
            {
                result.AddError($"--metrics {token.Value}: write an address of loopback and a port, such as 127.0.0.1:9464; whoever reads there is not asked who they are");
            }
        });
        var logFormat = Logs.FormatOption();
        var command = new Command("agent", "Run the node agent: plugs pods and VMs into the overlay; start it in the node's network namespace")
        {
            node, kubeconfig, ovs, socket, state, metrics, logFormat, noFastPath, flows, AgentStatusCommand.Create(),
        };
        command.SetAction(async (parse, cancellationToken) =>
        {
            Root.Require("fabric agent");
            using var logs = Logs.ToStandardError(parse.GetValue(logFormat));
            using var export = MetricsExport.Start("fabric-agent", parse.GetValue(node)!);
            await AgentHost.RunAsync(
                new AgentOptions
                {
                    NodeName = parse.GetValue(node)!,
                    Kubeconfig = parse.GetValue(kubeconfig),
                    Ovs = parse.GetValue(ovs)!,
                    Socket = parse.GetValue(socket)!,
                    StateDirectory = parse.GetValue(state)!,
                    Metrics = parse.GetValue(metrics) is { } endpoint ? IPEndPoint.Parse(endpoint) : null,
                    Datapath = new DatapathOptions { FastPath = !parse.GetValue(noFastPath), MaxFlows = parse.GetValue(flows) },
                    LoggerFactory = logs,
                },
                cancellationToken);
        });
        return command;
    }
}
