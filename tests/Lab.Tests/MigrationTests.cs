using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Fabric.Resources;
using Lab.Runner.Relay;

namespace Lab.Tests;

/// <summary>A VM moves between nodes while it runs, and whoever talks to it does not notice.</summary>
[Collection(nameof(SharedLab))]
public sealed class MigrationTests(SharedLab lab, MovingVm vm, ITestOutputHelper output) : IClassFixture<MovingVm>
{
    private const int Moves = 2;

    [Fact]
    public async Task Vm_that_moves_back_and_forth_loses_no_packet_and_keeps_addresses_and_connections()
    {
        var before = await vm.StatusAsync();
        var address = AddressOf(before);
        await lab.GuestExecAsync("default", vm.Name, "sh", "-c", "nc -ll -p 7777 -e cat </dev/null >/dev/null 2>&1 &");
        using var connection = await ConnectAsync("far", address, 7777);
        for (var move = 1; move <= Moves; move++)
        {
            using var near = await vm.StreamAsync("near", address, (ushort)(10 * move));
            using var far = await vm.StreamAsync("far", address, (ushort)(10 * move + 1));
            await SharedLab.UntilAsync("both peers are answered", () => Task.FromResult(near.Answered > 100 && far.Answered > 100));

            var from = (string)(await vm.StatusAsync())["node"]!;
            await MigrateAsync($"move-{move}");
            var status = await vm.StatusAsync();
            output.WriteLine($"{from} -> {status["node"]}: {status["migration"]!.ToJsonString()}");
            Assert.NotEqual(from, (string)status["node"]!);
            Assert.Equal("Converged", (string)status["migration"]!["phase"]!);
            Assert.Equal((string)before["macAddress"]!, (string)status["macAddress"]!);
            Assert.Equal(before["addresses"]!.ToJsonString(), status["addresses"]!.ToJsonString());
            await EchoAsync(connection, $"after move {move}");
            await vm.OnlyAsync((string)status["node"]!);
            await EndAsync(near, far);
        }

        // They are written beside what they tell of.
        foreach (var reason in (string[])["MigrationPreparing", "MigrationHolding", "MigrationActivated", "MigrationConverged"])
        {
            await SharedLab.UntilAsync($"an event says {reason}", async () =>
                (await lab.RunAsync("get", "events", "--field-selector", $"involvedObject.name={vm.Nic}", "-o", "jsonpath={.items[*].reason}")).Contains(reason, StringComparison.Ordinal));
        }
    }

    /// <remarks>
    /// Cancelled while the guest runs: of one that stands still for the last of its way, QEMU itself drops a frame that it has read and not yet
    /// handed over (net_vm_change_state_handler in net/net.c). And the target's port comes and goes: with each the userspace switch loses for
    /// about a millisecond what goes through it, as the peer's on that node does meanwhile.
    /// </remarks>
    [Fact]
    public async Task Migration_that_is_cancelled_leaves_the_vm_where_it_is_and_costs_no_peer_more_than_a_port_does()
    {
        var before = await vm.StatusAsync();
        var address = AddressOf(before);
        using var near = await vm.StreamAsync("near", address, 3);
        using var far = await vm.StreamAsync("far", address, 4);

        string stays;
        await using (var move = await SlowMigration.BeginAsync(lab, vm, "cancelled"))
        {
            stays = move.SourceNode;
            await move.CancelAsync();
        }

        await SharedLab.UntilAsync("the source is the only one again", async () => (string?)(await vm.StatusAsync())["migration"]?["phase"] is "RolledBack" or "Converged");
        var status = await vm.StatusAsync();
        Assert.Equal("RolledBack", (string)status["migration"]!["phase"]!);
        Assert.Equal(stays, (string)status["node"]!);
        await vm.OnlyAsync(stays);

        await EndAsync(near, far, most: 2);
    }

    [Fact]
    public async Task Migration_that_is_left_to_OVN_moves_the_vm_as_well()
    {
        var before = await vm.StatusAsync();
        var address = AddressOf(before);
        await lab.RunAsync("annotate", "nic", vm.Nic, $"{FabricApi.ActivationStrategyAnnotation}=rarp");
        try
        {
            await MigrateAsync("left-to-ovn");
        }
        finally
        {
            await lab.RunAsync("annotate", "nic", vm.Nic, $"{FabricApi.ActivationStrategyAnnotation}-");
        }

        var status = await vm.StatusAsync();
        Assert.NotEqual((string)before["node"]!, (string)status["node"]!);
        Assert.Equal(("Converged", true, null), ((string)status["migration"]!["phase"]!, (bool)status["migration"]!["leftToOvn"]!, (long?)status["migration"]!["held"]));
        await vm.OnlyAsync((string)status["node"]!);
        using var near = await vm.StreamAsync("near", address, 5);
        using var far = await vm.StreamAsync("far", address, 6);
        await SharedLab.UntilAsync("both peers are answered", () => Task.FromResult(near.Answered > 0 && far.Answered > 0));
    }

    /// <remarks>
    /// Eight ports come and go meanwhile, and with each the userspace switch loses for about a millisecond what goes through it.
    /// </remarks>
    [Fact]
    public async Task Vms_that_change_places_and_at_once_change_back_keep_what_they_have_and_are_reached()
    {
        var other = new LabVm(lab, "counterpart");
        await other.ApplyAsync();
        try
        {
            await lab.WaitReadyAsync($"vmi/{other.Name}");
            LabVm[] both = [vm, other];
            var before = await Task.WhenAll(both.Select(each => each.StatusAsync()));
            using var near = await vm.StreamAsync("near", AddressOf(before[0]), 7);
            using var far = await vm.StreamAsync("far", AddressOf(before[1]), 8);
            await SharedLab.UntilAsync("both VMs answer", () => Task.FromResult(near.Answered > 50 && far.Answered > 50));
            foreach (var time in (string[])["there", "back"])
            {
                // What is left of the first is cleaned up while the second begins.
                await Task.WhenAll(both.Select(each => each.MigrateAsync($"{each.Name}-{time}")));
                await Task.WhenAll(both.Select(each => each.SucceedsAsync($"{each.Name}-{time}")));
            }

            for (var i = 0; i < both.Length; i++)
            {
                await both[i].OnlyAsync((string)before[i]["node"]!);
                var after = await both[i].StatusAsync();
                output.WriteLine(after["migration"]!.ToJsonString());
                Assert.Equal(before[i]["addresses"]!.ToJsonString(), after["addresses"]!.ToJsonString());
                Assert.Equal((string)before[i]["macAddress"]!, (string)after["macAddress"]!);
            }

            await EndAsync(near, far, most: 20);
        }
        finally
        {
            await other.DeleteAsync();
        }
    }

    /// <remarks>Nothing is said on the connection until the VM has moved. Then the first is what it is sent, which its rules let in as an answer alone.</remarks>
    [Fact]
    public async Task Vm_that_lets_nobody_in_hears_after_it_has_moved_whom_it_had_called()
    {
        var address = AddressOf(await vm.StatusAsync());
        using var listener = NamespaceSocket.Open(await lab.NamespaceOfAsync("far"), () => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        listener.Bind(new IPEndPoint(IPAddress.Any, 0));
        listener.Listen();
        await lab.ApplyAsync($$$"""
            apiVersion: fabric.vmnet.io/v1alpha1
            kind: SecurityGroup
            metadata: {name: nobody-in, namespace: default}
            spec:
              selector:
                matchLabels: {vm.kubevirt.io/name: {{{vm.Name}}}}
            """);
        try
        {
            await SharedLab.UntilAsync("nobody gets in", async () => (await lab.ExecAsync("default", "near", "ping", "-c", "1", "-W", "1", address)).ExitCode != 0);
            var far = (string)(await lab.JsonAsync("get", "pod", "far"))["status"]!["podIP"]!;
            var called = listener.AcceptAsync(TestContext.Current.CancellationToken);
            await lab.GuestExecAsync("default", vm.Name, "sh", "-c", $"sleep 600 | nc {far} {((IPEndPoint)listener.LocalEndPoint!).Port} >/tmp/heard 2>/dev/null &");
            using var connection = await called;

            await MigrateAsync("called");

            await connection.SendAsync("after the move"u8.ToArray(), TestContext.Current.CancellationToken);
            await SharedLab.UntilAsync("the guest hears it", async () => (await lab.GuestExecAsync("default", vm.Name, "cat", "/tmp/heard")).Output.Contains("after the move", StringComparison.Ordinal));
            Assert.NotEqual(0, (await lab.ExecAsync("default", "near", "ping", "-c", "1", "-W", "1", address)).ExitCode);
        }
        finally
        {
            await lab.RunAsync("delete", "securitygroup", "nobody-in");
        }
    }

    private static string AddressOf(JsonNode status) => ((string)status["addresses"]![0]!).Split('/')[0];

    private async Task MigrateAsync(string name)
    {
        await vm.MigrateAsync(name);
        await vm.SucceedsAsync(name);
        await SharedLab.UntilAsync("the Nic has followed", async () => (string?)(await vm.StatusAsync())["migration"]?["phase"] is "Converged" or "RolledBack");
    }

    private async Task EndAsync(EchoStream near, EchoStream far, int most = 0)
    {
        await Task.WhenAll(near.EndAsync(TimeSpan.FromSeconds(5)), far.EndAsync(TimeSpan.FromSeconds(5)));
        output.WriteLine($"near: {near}");
        output.WriteLine($"far: {far}");
        Assert.True(near.Lost.Count <= most && far.Lost.Count <= most, $"near: {near}; far: {far}");
    }

    private async Task<Socket> ConnectAsync(string pod, string address, int port)
    {
        var ns = await lab.NamespaceOfAsync(pod);
        Socket? connected = null;
        await SharedLab.UntilAsync("the guest takes connections", async () =>
        {
            var socket = NamespaceSocket.Open(ns, () => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 10_000 });
            try
            {
                await socket.ConnectAsync(IPAddress.Parse(address), port);
                connected = socket;
                return true;
            }
            catch (SocketException)
            {
                socket.Dispose();
                return false;
            }
        });
        return connected!;
    }

    private static async Task EchoAsync(Socket connection, string text)
    {
        var sent = Encoding.ASCII.GetBytes(text + "\n");
        await connection.SendAsync(sent);
        var received = new byte[sent.Length];
        for (var length = 0; length < received.Length;)
        {
            var read = await connection.ReceiveAsync(received.AsMemory(length), TestContext.Current.CancellationToken);
            Assert.True(read > 0, "the connection was closed");
            length += read;
        }

        Assert.Equal(text + "\n", Encoding.ASCII.GetString(received));
    }
}
