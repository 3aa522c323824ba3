using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Lab.Runner.Containerd;
using Lab.Runner.Processes;
using Lab.Runner.Relay;

namespace Lab.Tests;

/// <summary>A VM and two pods, one on each node, that talk to it: made once for the tests that move it, and gone after them.</summary>
public sealed class MovingVm(SharedLab lab) : IAsyncLifetime
{
    internal const string Name = "mover";
    internal const string Nic = "vm.mover.lan";

    private static readonly string[] Peers = ["near", "far"];

    public async ValueTask InitializeAsync()
    {
        await lab.ApplyAsync(SharedLab.PodManifest("near", node: "node1"));
        await lab.ApplyAsync(SharedLab.PodManifest("far", node: "node2"));
        await lab.ApplyAsync("""
            {"apiVersion":"kubevirt.io/v1","kind":"VirtualMachine","metadata":{"name":"mover","namespace":"default"},
             "spec":{"runStrategy":"Always","template":{"metadata":{"annotations":{"kubevirt.io/allow-pod-bridge-network-live-migration":"true"}},
              "spec":{"terminationGracePeriodSeconds":0,"networks":[{"name":"lan","pod":{}}],
               "domain":{"memory":{"guest":"128Mi"},"devices":{"interfaces":[{"name":"lan","bridge":{}}]}}}}}}
            """);
        await lab.WaitReadyAsync($"vmi/{Name}");
        foreach (var peer in Peers)
        {
            await lab.WaitReadyAsync($"pod/{peer}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await lab.RunAsync("delete", "vmim", "--all", "--timeout=50s");
        await lab.RunAsync("delete", "vm", Name, "--ignore-not-found", "--timeout=50s");
        await lab.RunAsync(["delete", "pod", .. Peers, "--ignore-not-found", "--timeout=50s"]);
        await SharedLab.UntilAsync("nothing of the VM is left", async () =>
            !(await lab.RunAsync("get", "nics,pods,vmis,ipclaims,macclaims", "-o", "jsonpath={.items[*].metadata.name} {.items[*].spec.owner.name}")).Contains(Name, StringComparison.Ordinal));
    }
}

/// <summary>A VM moves between nodes while it runs, and whoever talks to it does not notice.</summary>
[Collection(nameof(SharedLab))]
public sealed class MigrationTests(SharedLab lab, MovingVm vm, ITestOutputHelper output) : IClassFixture<MovingVm>
{
    private const string Vm = MovingVm.Name;
    private const string Nic = MovingVm.Nic;

    private const int Moves = 2;

    // Two peers together: well below what an emulated guest answers (about 1.5 kHz), so that its own queue does not overflow on a busy machine.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(4);

    [Fact]
    public async Task Vm_that_moves_back_and_forth_loses_no_packet_and_keeps_addresses_and_connections()
    {
        Assert.NotNull(vm);
        var before = await StatusAsync();
        var address = ((string)before["addresses"]![0]!).Split('/')[0];
        await lab.GuestExecAsync("default", Vm, "sh", "-c", "nc -ll -p 7777 -e cat </dev/null >/dev/null 2>&1 &");
        using var connection = await ConnectAsync("far", address, 7777);
        for (var move = 1; move <= Moves; move++)
        {
            using var near = await StreamAsync("near", address, (ushort)(10 * move));
            using var far = await StreamAsync("far", address, (ushort)(10 * move + 1));
            await SharedLab.UntilAsync("both peers are answered", () => Task.FromResult(near.Answered > 100 && far.Answered > 100));

            var from = (string)(await StatusAsync())["node"]!;
            await MigrateAsync($"move-{move}");
            var status = await StatusAsync();
            output.WriteLine($"{from} -> {status["node"]}: {status["migration"]!.ToJsonString()}");
            Assert.NotEqual(from, (string)status["node"]!);
            Assert.Equal("Converged", (string)status["migration"]!["phase"]!);
            Assert.Equal((string)before["macAddress"]!, (string)status["macAddress"]!);
            Assert.Equal(before["addresses"]!.ToJsonString(), status["addresses"]!.ToJsonString());
            await EchoAsync(connection, $"after move {move}");
            await OnlyAsync((string)status["node"]!);
            await EndAsync(near, far);
        }

        var events = await lab.RunAsync("get", "events", "--field-selector", $"involvedObject.name={Nic}", "-o", "jsonpath={.items[*].reason}");
        Assert.All((string[])["MigrationPreparing", "MigrationHolding", "MigrationActivated", "MigrationConverged"], reason => Assert.Contains(reason, events, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Migration_that_is_cancelled_leaves_the_vm_where_it_is_and_loses_no_packet()
    {
        var before = await StatusAsync();
        var address = ((string)before["addresses"]![0]!).Split('/')[0];
        using var near = await StreamAsync("near", address, 3);
        using var far = await StreamAsync("far", address, 4);

        await ApplyMigrationAsync("cancelled");
        await SharedLab.UntilAsync("the target keeps frames", async () => (string?)(await StatusAsync())["migration"]?["phase"] is "Holding");
        await lab.RunAsync("delete", "vmim", "cancelled", "--timeout=30s");
        await SharedLab.UntilAsync("the source is the only one again", async () => (string?)(await StatusAsync())["migration"]?["phase"] is "RolledBack" or "Converged");
        var status = await StatusAsync();
        Assert.Equal("RolledBack", (string)status["migration"]!["phase"]!);
        Assert.Equal((string)before["node"]!, (string)status["node"]!);
        await OnlyAsync((string)before["node"]!);

        await EndAsync(near, far);
    }

    private async Task<JsonNode> StatusAsync() => (await lab.JsonAsync("get", "nic", Nic))["status"]!;

    private Task<string> ApplyMigrationAsync(string name) => lab.ApplyAsync($$$"""
        {"apiVersion":"kubevirt.io/v1","kind":"VirtualMachineInstanceMigration","metadata":{"name":"{{{name}}}","namespace":"default"},"spec":{"vmiName":"{{{Vm}}}"}}
        """);

    private async Task MigrateAsync(string name)
    {
        await ApplyMigrationAsync(name);
        await SharedLab.UntilAsync("the migration has ended", async () => (string?)(await lab.JsonAsync("get", "vmim", name))["status"]?["phase"] is "Succeeded" or "Failed");
        var vmi = await lab.JsonAsync("get", "vmi", Vm);
        Assert.True((string?)(await lab.JsonAsync("get", "vmim", name))["status"]!["phase"] == "Succeeded", vmi["status"]!["migrationState"]!.ToJsonString());
        await SharedLab.UntilAsync("the Nic has followed", async () => (string?)(await StatusAsync())["migration"]?["phase"] is "Converged" or "RolledBack");
    }

    private async Task EndAsync(EchoStream near, EchoStream far)
    {
        await Task.WhenAll(near.EndAsync(TimeSpan.FromSeconds(5)), far.EndAsync(TimeSpan.FromSeconds(5)));
        output.WriteLine($"near: {near}");
        output.WriteLine($"far: {far}");
        Assert.True(near.Lost.Count == 0 && far.Lost.Count == 0, $"near: {near}; far: {far}");
    }

    /// <summary>One node has the port in the end, and the Nic is plugged in once.</summary>
    private async Task OnlyAsync(string node)
    {
        await SharedLab.UntilAsync($"{node} alone has the port", async () =>
            await ColumnAsync("chassis") == await ChassisAsync(node) && await ColumnAsync("additional_chassis") == "[]"
            && (await StatusAsync())["attachments"] is JsonArray { Count: 1 } attachments && (string?)attachments[0]!["node"] == node);
    }

    private async Task<string> ColumnAsync(string column) =>
        (await SbctlAsync("--bare", "--columns=" + column, "find", "Port_Binding", $"logical_port=\"default/{Nic}\"")).Trim() is { Length: > 0 } value ? value : "[]";

    private async Task<string> ChassisAsync(string node) => (await SbctlAsync("--bare", "--columns=_uuid", "find", "Chassis", $"name={node}")).Trim();

    private Task<string> SbctlAsync(params string[] command) => Tool.RunAsync(
        "ovn-sbctl", [$"--db=unix:{lab.Lab.Folder.Central}/sb.sock", "--timeout=20", .. command], TestContext.Current.CancellationToken);

    private async Task<EchoStream> StreamAsync(string pod, string address, ushort id) => new(await NamespaceOfAsync(pod), address, id, Pause);

    private async Task<Socket> ConnectAsync(string pod, string address, int port)
    {
        var ns = await NamespaceOfAsync(pod);
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

    private async Task<string> NamespaceOfAsync(string pod)
    {
        foreach (var node in lab.Lab.Record.Nodes)
        {
            using var cri = new Cri(node.CriSocket);
            if ((await cri.ListSandboxesAsync(TestContext.Current.CancellationToken)).FirstOrDefault(each => each.Ready && each.Pod.Name == pod) is { } sandbox)
            {
                return (await cri.SandboxStatusAsync(sandbox.Id, TestContext.Current.CancellationToken))!.NetworkNamespace!;
            }
        }

        throw new InvalidOperationException($"pod {pod} runs nowhere");
    }
}
