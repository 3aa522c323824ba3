using Cni.Agent.Observing;
using Cni.Agent.Tests.Fixtures;
using Cni.Protocol;
using Fabric.Resources;
using Fabric.Resources.Core;
using Fabric.Telemetry.Exposition;
using Node.Testing;

namespace Cni.Agent.Tests.Observing;

/// <summary>The running agent seen from outside: its status, its metrics, its log, and its Node.</summary>
public sealed class AgentStatusTests(NodeFixture node)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task Status_tells_of_endpoints_peers_versions_and_the_kernel()
    {
        using var workload = await node.CreateWorkloadAsync(Cancelled);
        Assert.Equal(0, (await node.Plugin.RunAsync("ADD", workload.Sandbox)).ExitCode);

        var status = await StatusQuery.AskAsync(node.Agent.SocketPath, Cancelled);

        // Each peer is given two seconds, in which a busy machine may keep it from answering.
        await Eventually.HoldsAsync(() => status.Healthy || (status = StatusQuery.AskAsync(node.Agent.SocketPath, Cancelled).GetAwaiter().GetResult()).Healthy);
        Assert.Equal(SwitchFixture.NodeName, status.Node);
        var endpoint = Assert.Single(status.Endpoints, each => each.Container == workload.Sandbox.ContainerId);
        Assert.Equal(($"{ApiFixture.Namespace}/{workload.Pod.Metadata.Name}", "eth0", "finished"), (endpoint.Pod, endpoint.Interface, endpoint.Step));
        Assert.Equal(workload.Addresses.Select(address => address.ToString()), endpoint.Addresses);
        Assert.Equal(status.Endpoints.Count, status.Journal.Values.Sum());
        // No Nic here is limited, so there is no shaper.
        Assert.All(status.Maps, map => Assert.InRange(map.Entries, map.Map == "endpoint_shapers" ? 0 : 2, map.MaxEntries));
        Assert.Equal(["ovsdb-server", "ovs-vswitchd", "ovn-controller", "kubernetes-api"], status.Peers.Select(peer => peer.Name));
        Assert.All(status.Features.Where(feature => feature.IsNeeded), feature => Assert.True(feature.IsFound, feature.Name));
        Assert.Matches("^[0-9]+\\.[0-9]+", status.Versions.OpenVSwitch);
        Assert.Matches("^[0-9]+\\.[0-9]+", status.Versions.Ovn);
        Assert.Matches("^[0-9]+\\.[0-9]+", status.Versions.LibBpf);

        await node.Plugin.RunAsync("DEL", workload.Sandbox);
        // It is told of until the Nic's status has been written.
        await Eventually.HoldsAsync(() => StatusQuery.AskAsync(node.Agent.SocketPath, Cancelled).GetAwaiter().GetResult().Endpoints.All(each => each.Container != workload.Sandbox.ContainerId));
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task A_refused_request_is_among_the_errors_in_the_metrics_and_in_one_line_of_the_log()
    {
        using var workload = await node.CreateWorkloadAsync(Cancelled, ready: false);
        await node.Api.SetStatusAsync(
            workload.Nic, status => status with { Conditions = [new Condition { Type = Condition.Ready, Status = "False", Reason = "SubnetFull", Message = "no address is free" }] }, Cancelled);
        var before = Count(await ScrapeAsync(), "ADD", CniErrorCode.Refused);

        var answer = await node.Plugin.RunAsync("ADD", workload.Sandbox);

        Assert.Equal(CniErrorCode.Refused, answer.Code);
        var error = (await StatusQuery.AskAsync(node.Agent.SocketPath, Cancelled)).Errors[0];
        Assert.Equal(
            ("ADD", CniErrorCode.Refused, workload.Sandbox.ContainerId, answer.Message, "no address is free"),
            (error.Command, error.Code, error.Container, error.Message, error.Details));
        Assert.Equal(before + 1, Count(await ScrapeAsync(), "ADD", CniErrorCode.Refused));
        // The log is written behind the answer, and the end of a line may come after its beginning.
        await Eventually.HoldsAsync(() => Lines().Any());
        var line = Assert.Single(Lines());
        Assert.Matches($"ADD {workload.Sandbox.ContainerId} eth0 of pod default/{workload.Pod.Metadata.Name}: code 100 in [0-9.]+ ms: ", line);

        IEnumerable<string> Lines() => File.ReadAllText(node.Agent.Log).Split('\n')[..^1].Where(each => each.Contains(workload.Sandbox.ContainerId, StringComparison.Ordinal));
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task Metrics_have_what_an_ADD_and_a_DEL_took_by_step()
    {
        using var workload = await node.CreateWorkloadAsync(Cancelled);
        using var peer = await node.CreateWorkloadAsync(Cancelled);
        await node.Plugin.RunAsync("ADD", peer.Sandbox);
        var before = await ScrapeAsync();

        await node.Plugin.RunAsync("ADD", workload.Sandbox);
        IReadOnlyList<PrometheusSample> attached = [];
        // The fast path takes endpoints up behind the answer.
        await Eventually.HoldsAsync(() =>
        {
            workload.Sandbox.Netns.Run("ping", "-c", "3", "-i", "0.05", "-W", "10", peer.Address.Address.ToString());
            attached = ScrapeAsync().GetAwaiter().GetResult();
            return attached.Any(sample => sample.Name == "fabric_fastpath_events_total" && sample.Label("event") == "LearnedLocal");
        });
        await node.Plugin.RunAsync("DEL", workload.Sandbox);
        var after = await ScrapeAsync();

        foreach (var command in (string[])["ADD", "DEL"])
        {
            Assert.Equal(Count(before, command, 0) + 1, Count(after, command, 0));
            var steps = after.Where(sample => sample.Name == "fabric_cni_step_duration_seconds_sum" && sample.Label("command") == command).ToArray();
            Assert.Contains(steps, sample => sample.Label("step") == "veth" && sample.Value > 0);
            Assert.Contains(steps, sample => sample.Label("step") == "rest");
        }

        // Steps are the whole of a request: nothing of its time is in none of them, and nothing in two. An agent that a busy machine stops between
        // a request's last step and its end is asked once more: not every request meets that.
        for (var asked = 1; InSteps("ADD") is var add && InSteps("DEL") is var del && !(add is >= 0.9 and <= 1.01 && del is >= 0.9 and <= 1.01); asked++)
        {
            Assert.True(asked < 5, $"of an ADD {add}, of a DEL {del} is in its steps");
            before = await ScrapeAsync();
            await node.Plugin.RunAsync("ADD", workload.Sandbox);
            await node.Plugin.RunAsync("DEL", workload.Sandbox);
            after = await ScrapeAsync();
        }

        await node.Plugin.RunAsync("DEL", peer.Sandbox);

        var peers = attached.Single(sample => sample.Name == "fabric_bpf_map_entries" && sample.Label("map") == "endpoint_peers");
        Assert.True(peers.Value >= 2);
        Assert.True(attached.Single(sample => sample.Name == "fabric_bpf_map_max_entries" && sample.Label("map") == "endpoint_peers").Value > peers.Value);
        Assert.True(attached.Single(sample => sample.Name == "fabric_attachments" && sample.Label("step") == "finished").Value >= 1);
        foreach (var direction in (string[])["egress", "ingress"])
        {
            PrometheusSample[] OfNic(string name) => [.. attached.Where(each => each.Name == name && each.Label("nic") == workload.Port && each.Label("direction") == direction)];
            Assert.Equal(["fast", "ovs"], OfNic("fabric_nic_packets_total").Select(each => each.Label("path")).Order());
            Assert.True(OfNic("fabric_nic_packets_total").Sum(each => each.Value) >= 3);
            Assert.True(OfNic("fabric_nic_bytes_total").Sum(each => each.Value) >= 3 * 98);
        }

        Assert.Contains(attached, sample => sample.Name == "fabric_nic_misses_total" && sample.Label("nic") == workload.Port && sample.Value > 0);
        Assert.Contains(attached, sample => sample.Name == "fabric_fastpath_enabled");
        Assert.Contains(attached, sample => sample.Name == "fabric_fastpath_events_total" && sample.Label("event") == "LearnedLocal");
        Assert.Contains(attached, sample => sample.Name.StartsWith("dotnet_process_memory_working_set", StringComparison.Ordinal));

        double InSteps(string command) =>
            (StepsOf(after, command) - StepsOf(before, command))
            / (Value(after, "fabric_cni_request_duration_seconds_sum", command) - Value(before, "fabric_cni_request_duration_seconds_sum", command));
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task The_Node_says_whether_pods_can_be_attached_beside_what_the_kubelet_says_and_is_written_only_when_that_changes()
    {
        var key = new ObjectKey(SwitchFixture.NodeName);
        await node.Api.Client.Resource(ResourceTypes.Nodes).CreateAsync(new Fabric.Resources.Core.Node { Metadata = new ObjectMeta { Name = key.Name } }, Cancelled);
        await node.Api.Client.Resource(ResourceTypes.Nodes).MutateStatusAsync(
            key, each => each with { Status = new NodeStatus { Conditions = [new StatusCondition { Type = "Ready", Status = "True", Reason = "KubeletReady" }] } }, Cancelled);

        await WaitAsync(key, NodeConditions.NetworkUnavailable, "False");
        var well = (await node.Api.Client.Resource(ResourceTypes.Nodes).GetAsync(key, Cancelled))!;
        Assert.Equal("KubeletReady", Find(well, "Ready")?.Reason);
        Assert.StartsWith("fabric ", Find(well, NodeConditions.AgentReady)?.Message, StringComparison.Ordinal);
        Assert.NotNull(Find(well, NodeConditions.KernelComplete));
        // An agent that was started a moment ago takes the fast path up behind that, and the Node is told at its next look.
        await Eventually.HoldsAsync(() => StatusQuery.AskAsync(node.Agent.SocketPath, Cancelled).GetAwaiter().GetResult().FastPath.Message
            == Find(node.Api.Client.Resource(ResourceTypes.Nodes).GetAsync(key, Cancelled).GetAwaiter().GetResult(), NodeConditions.FastPathEnabled)?.Message);

        node.Switch.PauseController();
        try
        {
            await WaitAsync(key, NodeConditions.NetworkUnavailable, "True");
            var status = await StatusQuery.AskAsync(node.Agent.SocketPath, Cancelled);
            Assert.False(status.Healthy);
            Assert.Contains("does not answer", status.Peers.Single(peer => peer.Name == PeerWatch.Controller).Problem, StringComparison.Ordinal);
        }
        finally
        {
            node.Switch.ResumeController();
        }

        await WaitAsync(key, NodeConditions.NetworkUnavailable, "False");
        var again = (await node.Api.Client.Resource(ResourceTypes.Nodes).GetAsync(key, Cancelled))!;
        // A status asks every peer, so by then the agent has looked at them again and had nothing to write.
        for (var i = 0; i < 5; i++)
            await StatusQuery.AskAsync(node.Agent.SocketPath, Cancelled);
        var later = (await node.Api.Client.Resource(ResourceTypes.Nodes).GetAsync(key, Cancelled))!;
        // Unless one of them has changed once more, as when a busy machine keeps a peer from answering in time.
        if (Said(later).SequenceEqual(Said(again)))
            Assert.Equal(again.Metadata.ResourceVersion, later.Metadata.ResourceVersion);
        await node.Api.Client.Resource(ResourceTypes.Nodes).DeleteAsync(key, null, Cancelled);
    }

    [Fact(Skip = Needs.RootReason, SkipUnless = nameof(Needs.Root), SkipType = typeof(Needs))]
    public async Task No_secret_is_in_the_log_the_status_or_the_metrics()
    {
        using var workload = await node.CreateWorkloadAsync(Cancelled);
        await node.Plugin.RunAsync("ADD", workload.Sandbox);
        await node.Plugin.RunAsync("DEL", workload.Sandbox);
        var token = Fabric.Kube.Configuration.KubeConnection.FromFile(node.Api.Kubeconfig).Token!.Read();
        Assert.True(token.Length > 20);

        var texts = (string[])
        [
            await File.ReadAllTextAsync(node.Agent.Log, Cancelled),
            System.Text.Json.JsonSerializer.Serialize(await StatusQuery.AskAsync(node.Agent.SocketPath, Cancelled), AgentStatusJson.Default.AgentStatus),
            await ScrapeTextAsync(),
        ];

        Assert.All(texts, text => Assert.NotEmpty(text));
        Assert.All(texts, text => Assert.DoesNotContain(token, text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Asking_where_no_agent_is_says_what_to_do()
    {
        var failure = await Assert.ThrowsAsync<AgentException>(() => StatusQuery.AskAsync("/nowhere/agent.sock", Cancelled));
        Assert.Equal("there is no agent at /nowhere/agent.sock: start fabric agent on this node, or give the --socket it was started with", failure.Message);
    }

    private async Task WaitAsync(ObjectKey key, string type, string status)
    {
        StatusCondition? found = null;
        for (var deadline = TimeProvider.System.GetUtcNow().AddSeconds(30); found?.Status != status; await Task.Delay(50, Cancelled))
        {
            found = Find(await node.Api.Client.Resource(ResourceTypes.Nodes).GetAsync(key, Cancelled), type);
            Assert.True(TimeProvider.System.GetUtcNow() < deadline, $"{type} is {found?.Status}: {found?.Message}; {string.Join(Environment.NewLine, File.ReadLines(node.Agent.Log).TakeLast(15))}");
        }
    }

    private static StatusCondition? Find(Fabric.Resources.Core.Node? node, string type) => node?.Status?.Conditions?.FirstOrDefault(each => each.Type == type);

    /// <summary>The conditions without the time of their writing.</summary>
    private static IEnumerable<StatusCondition> Said(Fabric.Resources.Core.Node node) => node.Status!.Conditions!.Value.Select(each => each with { LastHeartbeatTime = null, Unknown = null });

    private static double Count(IReadOnlyList<PrometheusSample> samples, string command, int code) =>
        samples.Where(sample => sample.Name == "fabric_cni_requests_total" && sample.Label("command") == command && sample.Label("code") == $"{code}").Sum(sample => sample.Value);

    private static double Value(IReadOnlyList<PrometheusSample> samples, string name, string command) =>
        samples.Where(sample => sample.Name == name && sample.Label("command") == command && sample.Label("outcome") == "granted").Sum(sample => sample.Value);

    private static double StepsOf(IReadOnlyList<PrometheusSample> samples, string command) =>
        samples.Where(sample => sample.Name == "fabric_cni_step_duration_seconds_sum" && sample.Label("command") == command).Sum(sample => sample.Value);

    private static async Task<IReadOnlyList<PrometheusSample>> ScrapeAsync() => PrometheusReader.Read(await ScrapeTextAsync());

    private static async Task<string> ScrapeTextAsync()
    {
        using var http = new HttpClient();
        return await http.GetStringAsync($"http://{AgentProcess.Metrics}/metrics", Cancelled);
    }
}
