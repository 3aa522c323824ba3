using Bpf.FastPath.Endpoints;
using Cni.Agent.Observing;
using Cni.Datapath;
using Fabric.Cli.Commands.Agent;
using Fabric.Cli.Terminal;

namespace Fabric.Cli.Tests.Agent;

public sealed class AgentStatusTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Text_has_numbers_right_aligned_and_says_what_is_not_well()
    {
        using var text = new StringWriter();
        AgentStatusText.Write(text, Status, Now);

        Assert.Equal(
            """
            agent of node1: not well, pid 12, for 3h, 62 MB
            fabric 0.1.0, Open vSwitch 3.1.0, OVN unknown, Linux 6.1, libbpf 1.1, .NET 10
            fast path: off, the node runs on Open vSwitch alone: it is starting

            PEER             UP    VERSION   PROBLEM
            ovsdb-server     yes   3.1.0     
            ovn-controller   NO              it does not answer

            KERNEL   FOUND   FOR         BROUGHT BY
            clsact   yes     runs eBPF   
            fq       no      paces       kernel module sch_fq

            JOURNAL    ATTACHMENTS
            pending              0
            finished         1,200

            MAP     ENTRIES    MOST
            peers     2,400   8,192

            POD       NIC           INTERFACE   DEVICE         ADDRESSES     STATE
            demo/v1   demo/v1.eth   eth0        fb0123456789   10.0.0.2/24   finished

            AGO   COMMAND   CODE   POD       ERROR
             5m   ADD        100   demo/v2   Nic demo/v2 is refused: no address is free
            """,
            text.ToString().TrimEnd().ReplaceLineEndings("\n"));
    }

    [Fact]
    public async Task Without_an_agent_the_command_says_how_to_get_one()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root, as the agent's socket does");
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await Invocation.RunAsync(CommandTree.Create(() => Stream.Null), ["agent", "status", "--socket", "/nowhere/agent.sock"], output, error, TestContext.Current.CancellationToken);

        Assert.Equal((1, ""), (code, output.ToString()));
        Assert.Equal("error: there is no agent at /nowhere/agent.sock: start fabric agent on this node, or give the --socket it was started with", error.ToString().TrimEnd());
    }

    [Theory]
    [InlineData("agent --node a --metrics 10.0.0.1:9464", "--metrics 10.0.0.1:9464: write an address of loopback and a port")]
    [InlineData("agent --node a --metrics 127.0.0.1", "--metrics 127.0.0.1: write an address of loopback and a port")]
    [InlineData("agent --node a --log-format xml", "'xml' not recognized")]
    [InlineData("agent", "'--node' is required")]
    public async Task Options_of_the_agent_are_checked(string line, string said)
    {
        using var error = new StringWriter();
        var code = await Invocation.RunAsync(CommandTree.Create(() => Stream.Null), line.Split(' '), TextWriter.Null, error, TestContext.Current.CancellationToken);

        Assert.Equal(1, code);
        Assert.Contains(said, error.ToString(), StringComparison.Ordinal);
    }

    private static AgentStatus Status => new()
    {
        Node = "node1",
        Healthy = false,
        Pid = 12,
        Started = Now.AddHours(-3),
        ResidentBytes = 62_000_000,
        Versions = new AgentVersions("0.1.0", "3.1.0", null, "6.1", "1.1", ".NET 10"),
        Peers = [new PeerHealth("ovsdb-server", true, null, "3.1.0"), new PeerHealth("ovn-controller", false, "it does not answer")],
        Features = [new KernelFeature("clsact", true, true, "runs eBPF", "sch_ingress"), new KernelFeature("fq", false, false, "paces", "kernel module sch_fq")],
        FastPath = new FastPathState(false, "Waiting", "the node runs on Open vSwitch alone: it is starting"),
        Journal = new Dictionary<string, int> { ["pending"] = 0, ["finished"] = 1200 },
        Endpoints = [new EndpointStatus("demo/v1", "demo/v1.eth", "eth0", "fb0123456789", ["10.0.0.2/24"], "finished", "c1")],
        Maps = [new MapSize("peers", 2400, 8192)],
        Errors = [new RequestError { At = Now.AddMinutes(-5), Command = "ADD", Container = "c2", Interface = "eth0", Pod = "demo/v2", Code = 100, Message = "Nic demo/v2 is refused", Details = "no address is free" }],
    };
}
