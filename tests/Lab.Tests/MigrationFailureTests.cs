using System.Diagnostics;
using System.Globalization;
using Lab.Runner.Lifecycle;
using Lab.Runner.Processes;

namespace Lab.Tests;

/// <summary>Something that takes part in a migration fails: the VM is reached all the same, and in the end one node has its port.</summary>
[Collection(nameof(SharedLab))]
public sealed class MigrationFailureTests(SharedLab lab, MovingVm vm, ITestOutputHelper output) : IClassFixture<MovingVm>
{
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(1);

    // Where nobody says what the VM has read, it is given what came so long before it spoke; what is older it may have read, or not.
    private static readonly TimeSpan Unasked = TimeSpan.FromMilliseconds(500);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Gate_of_an_agent_that_was_killed_opens_and_the_next_agent_ends_the_migration_well()
    {
        await using var move = await SlowMigration.BeginAsync(lab, vm, "agent-killed");
        await using var agent = LabProgram.Find(lab.Lab, "fabric agent", move.TargetNode);
        using var near = await vm.StreamAsync("near", move.Address, 31);
        using var far = await vm.StreamAsync("far", move.Address, 32);
        var launcher = await lab.NamespaceOfAsync(move.TargetPod);

        var received = await ReceivedAsync(launcher);
        await AnswersAsync(near, far);
        var killed = Stopwatch.GetTimestamp();
        await agent.KillAsync(Cancelled);
        await SharedLab.UntilAsync("frames pass by the gate that nobody holds", async () => await ReceivedAsync(launcher) > received + 100);
        await agent.StartAsync(Cancelled);
        await SharedLab.UntilAsync("the next agent keeps them", async () =>
        {
            var before = received;
            return (received = await ReceivedAsync(launcher)) == before;
        });
        await EndAsync(killed, near, far);

        // What passed by the open gate comes first, and may be more than the guest takes at a time.
        using var nearer = await vm.StreamAsync("near", move.Address, 45);
        using var farther = await vm.StreamAsync("far", move.Address, 46);
        await AnswersAsync(nearer, farther);
        await move.GoOnAsync();
        var decided = await move.ArrivalAsync();
        await EndsAtAsync(move, move.TargetNode);
        await ReachedAsync(decided, nearer, farther);
    }

    [Fact]
    public async Task Target_whose_pod_is_deleted_leaves_the_vm_where_it_is()
    {
        await using var move = await SlowMigration.BeginAsync(lab, vm, "pod-deleted");
        using var near = await vm.StreamAsync("near", move.Address, 33);
        using var far = await vm.StreamAsync("far", move.Address, 34);
        await AnswersAsync(near, far);
        var decided = Stopwatch.GetTimestamp();
        await lab.RunAsync("delete", "pod", move.TargetPod, "--force", "--grace-period=0");
        await EndsAtAsync(move, move.SourceNode);
        await ReachedAsync(decided, near, far);
    }

    [Fact]
    public async Task Target_whose_QEMU_dies_leaves_the_vm_where_it_is()
    {
        await using var move = await SlowMigration.BeginAsync(lab, vm, "qemu-killed");
        using var near = await vm.StreamAsync("near", move.Address, 35);
        using var far = await vm.StreamAsync("far", move.Address, 36);
        await AnswersAsync(near, far);
        var decided = Stopwatch.GetTimestamp();
        await Tool.RunAsync("kill", ["-KILL", $"{move.Target.Process.Pid}"], Cancelled);
        await EndsAtAsync(move, move.SourceNode);
        await ReachedAsync(decided, near, far);
    }

    [Fact]
    public async Task Source_whose_agent_does_not_answer_is_not_waited_for()
    {
        await using var move = await SlowMigration.BeginAsync(lab, vm, "source-silent");
        await using var agent = LabProgram.Find(lab.Lab, "fabric agent", move.SourceNode);
        using var near = await vm.StreamAsync("near", move.Address, 37);
        using var far = await vm.StreamAsync("far", move.Address, 38);
        await AnswersAsync(near, far);
        agent.Hold();
        await move.GoOnAsync();
        var decided = await move.ArrivalAsync();
        // Until the port is the target's alone, which without the source may cost a frame or two.
        await AnswersAsync(near, far);
        await EndAsync(decided, Unasked, near, far);
        await SharedLab.UntilAsync("the target has the port", async () => (string?)(await vm.StatusAsync())["migration"]?["phase"] == "Converged");
        agent.GoOn();
        await EndsAtAsync(move, move.TargetNode);
    }

    [Fact]
    public async Task Vm_that_moves_while_the_control_plane_is_down_is_reached_and_the_rest_follows()
    {
        await using var move = await SlowMigration.BeginAsync(lab, vm, "server-down");
        await using var server = LabProgram.FindServer(lab.Lab);
        using var near = await vm.StreamAsync("near", move.Address, 39);
        using var far = await vm.StreamAsync("far", move.Address, 40);
        await server.KillAsync(Cancelled);
        await move.GoOnAsync();
        var decided = await move.ArrivalAsync();
        await AnswersAsync(near, far);
        await EndAsync(decided, near, far);

        // The source may hear too late that its ovn-controller is to stand still, which may cost a frame or two.
        using var nearer = await vm.StreamAsync("near", move.Address, 47);
        using var farther = await vm.StreamAsync("far", move.Address, 48);
        await server.StartAsync(Cancelled);
        await EndsAtAsync(move, move.TargetNode);
        await ReachedAsync(decided, nearer, farther);
    }

    [Fact]
    public async Task Node_that_is_lost_while_it_keeps_frames_leaves_the_vm_where_it_is()
    {
        await using var move = await SlowMigration.BeginAsync(lab, vm, "target-lost");
        await using var node = new LostNode(lab.Lab, move.TargetNode);
        using var peer = await vm.StreamAsync(PeerOn(move.SourceNode), move.Address, 41);
        await AnswersAsync(peer);
        await node.LoseAsync();
        var decided = Stopwatch.GetTimestamp();
        await move.CancelAsync();
        await SharedLab.UntilAsync("the source is the only one again", async () => (string?)(await vm.StatusAsync())["migration"]?["phase"] == "RolledBack");
        await AnswersAsync(peer);
        await node.ReturnAsync();
        await EndsAtAsync(move, move.SourceNode);
        await EndAsync(decided, peer);
        await ReachesAsync(move, PeerOn(move.TargetNode), 42);
    }

    [Fact]
    public async Task Node_that_is_lost_when_the_vm_has_left_it_is_not_missed()
    {
        await using var move = await SlowMigration.BeginAsync(lab, vm, "source-lost");
        await using var node = new LostNode(lab.Lab, move.SourceNode);
        using var peer = await vm.StreamAsync(PeerOn(move.TargetNode), move.Address, 43);
        await AnswersAsync(peer);
        await move.GoOnAsync();
        var decided = await move.ArrivalAsync();
        await node.LoseAsync();
        await SharedLab.UntilAsync("the target has the port", async () => (string?)(await vm.StatusAsync())["migration"]?["phase"] == "Converged");
        await AnswersAsync(peer);
        await node.ReturnAsync();
        await EndsAtAsync(move, move.TargetNode);
        await EndAsync(decided, Unasked, peer);
        await ReachesAsync(move, PeerOn(move.SourceNode), 44);
    }

    private static string PeerOn(string node) => node == "node1" ? "near" : "far";

    /// <summary>One node has the port, with all that the VM had, and nothing else is left of the migration.</summary>
    private async Task EndsAtAsync(SlowMigration move, string node)
    {
        await SharedLab.UntilAsync("the migration has ended", async () => (string?)(await vm.StatusAsync())["migration"]?["phase"] is "Converged" or "RolledBack");
        var status = await vm.StatusAsync();
        output.WriteLine(status["migration"]!.ToJsonString());
        Assert.Equal(node, (string)status["node"]!);
        await vm.OnlyAsync(node);
        status = await vm.StatusAsync();
        Assert.Equal((string)move.Before["macAddress"]!, (string)status["macAddress"]!);
        Assert.Equal(move.Before["addresses"]!.ToJsonString(), status["addresses"]!.ToJsonString());
        Assert.Equal(move.Claims, await vm.ClaimsAsync());
    }

    /// <summary>Waits until requests that are sent from now on are answered.</summary>
    private static Task AnswersAsync(params EchoStream[] streams)
    {
        var sent = streams.Select(each => each.Sent).ToArray();
        return SharedLab.UntilAsync("the VM answers", () => Task.FromResult(streams.Zip(sent).All(each => each.First.Newest >= each.Second)));
    }

    private async Task ReachesAsync(SlowMigration move, string peer, ushort id)
    {
        using var stream = await vm.StreamAsync(peer, move.Address, id);
        await AnswersAsync(stream);
    }

    /// <summary>Nothing was lost, and who had to wait for an answer had one within a second.</summary>
    /// <param name="decided">When it was decided where the VM is.</param>
    /// <param name="streams">What was sent to it.</param>
    private Task EndAsync(long decided, params EchoStream[] streams) => EndAsync(decided, TimeSpan.MaxValue, streams);

    /// <inheritdoc cref="EndAsync(long, EchoStream[])"/>
    private async Task EndAsync(long decided, TimeSpan unread, params EchoStream[] streams)
    {
        await ReachedAsync(decided, streams);
        Assert.All(streams, each => Assert.True(!each.LostSince(unread).Any(), $"{each}"));
    }

    /// <summary>Who had to wait for an answer had one within a second.</summary>
    private async Task ReachedAsync(long decided, params EchoStream[] streams)
    {
        await Task.WhenAll(streams.Select(each => each.EndAsync(TimeSpan.FromSeconds(2))));
        foreach (var stream in streams)
        {
            output.WriteLine($"{stream}");
        }

        Assert.All(streams, each => Assert.True(each.LongestGap < LongestSilence || Stopwatch.GetElapsedTime(decided, each.GapEnd) < LongestSilence, $"{each}"));
    }

    /// <summary>Packets that the devices of a pod have received.</summary>
    private static async Task<long> ReceivedAsync(string ns) =>
        (await Tool.RunAsync("nsenter", [$"--net={ns}", "cat", "/proc/net/dev"], Cancelled)).Split('\n')
            .Select(line => line.Split([' ', ':'], StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields is [var device, ..] && device.StartsWith("eth", StringComparison.Ordinal))
            .Sum(fields => long.Parse(fields[2], CultureInfo.InvariantCulture));

    /// <summary>A node whose agent and switch end; what ran on it goes on unseen.</summary>
    private sealed class LostNode(FabricLab lab, string node) : IAsyncDisposable
    {
        // In the order in which they are of use again.
        private readonly LabProgram[] _programs = [.. new[] { "ovs-vswitchd", "ovn-controller", "fabric agent" }.Select(name => LabProgram.Find(lab, name, node))];

        public Task LoseAsync() => Task.WhenAll(_programs.Select(each => each.KillAsync(Cancelled)));

        public async Task ReturnAsync()
        {
            foreach (var program in _programs)
            {
                await program.StartAsync(CancellationToken.None);
            }
        }

        public async ValueTask DisposeAsync() => await ReturnAsync();
    }
}
