using System.Text.Json.Nodes;
using Lab.Runner.Processes;

namespace Lab.Tests;

/// <summary>A VM and two pods, one on each node, that talk to it: made once for the tests that move it, and gone after them.</summary>
public sealed class MovingVm(SharedLab lab) : IAsyncLifetime
{
    internal const string Name = "mover";
    internal const string Nic = "vm.mover.lan";

    // A guest that has come answers at once what waited for it. Linux drops answers when some 170 are under way (the send buffer of
    // icmp's socket), as they are where QEMU has to wait for a processor: so many must not come from two peers in the pause of a busy machine.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

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

    internal async Task<JsonNode> StatusAsync() => (await lab.JsonAsync("get", "nic", Nic))["status"]!;

    internal Task<string> MigrateAsync(string migration) => lab.ApplyAsync($$$"""
        {"apiVersion":"kubevirt.io/v1","kind":"VirtualMachineInstanceMigration","metadata":{"name":"{{{migration}}}","namespace":"default"},"spec":{"vmiName":"{{{Name}}}"}}
        """);

    /// <summary>Has a pod send to the VM.</summary>
    internal async Task<EchoStream> StreamAsync(string pod, string address, ushort id) => new(await lab.NamespaceOfAsync(pod), address, id, Pause);

    /// <summary>All addresses and MACs that are claimed.</summary>
    internal async Task<IReadOnlyList<string>> ClaimsAsync() =>
        [.. (await lab.RunAsync("get", "ipclaims,macclaims", "-o", "jsonpath={.items[*].metadata.name}")).Split(' ').Order(StringComparer.Ordinal)];

    /// <summary>One node has the port in the end, and the Nic is plugged in once.</summary>
    internal async Task OnlyAsync(string node)
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
}
