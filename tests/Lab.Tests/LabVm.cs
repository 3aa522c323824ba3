using System.Text.Json.Nodes;
using Lab.Runner.Processes;

namespace Lab.Tests;

/// <summary>A VM of the lab that can be moved while it runs.</summary>
/// <param name="lab">The lab.</param>
/// <param name="name">Its name, in namespace <c>default</c>.</param>
public class LabVm(SharedLab lab, string name)
{
    /// <summary>The lab.</summary>
    protected SharedLab Lab { get; } = lab;

    /// <summary>The VM's name.</summary>
    internal string Name => name;

    /// <summary>The name of its only Nic.</summary>
    internal string Nic => $"vm.{name}.lan";

    internal Task<string> ApplyAsync() => Lab.ApplyAsync($$$$$$$"""
        {"apiVersion":"kubevirt.io/v1","kind":"VirtualMachine","metadata":{"name":"{{{{{{{name}}}}}}}","namespace":"default"},
         "spec":{"runStrategy":"Always","template":{"metadata":{"annotations":{"kubevirt.io/allow-pod-bridge-network-live-migration":"true"}},
          "spec":{"terminationGracePeriodSeconds":0,"networks":[{"name":"lan","pod":{}}],
           "domain":{"memory":{"guest":"128Mi"},"devices":{"interfaces":[{"name":"lan","bridge":{}}]}}}}}}
        """);

    /// <summary>Removes it, and waits until nothing of it is left.</summary>
    internal async Task DeleteAsync()
    {
        await Lab.RunAsync("delete", "vm", name, "--ignore-not-found", "--timeout=50s");
        await SharedLab.UntilAsync("nothing of the VM is left", async () =>
            !(await Lab.RunAsync("get", "nics,pods,vmis,ipclaims,macclaims", "-o", "jsonpath={.items[*].metadata.name} {.items[*].spec.owner.name}")).Contains(name, StringComparison.Ordinal));
    }

    internal async Task<JsonNode> StatusAsync() => (await Lab.JsonAsync("get", "nic", Nic))["status"]!;

    internal Task<string> MigrateAsync(string migration) => Lab.ApplyAsync($$$"""
        {"apiVersion":"kubevirt.io/v1","kind":"VirtualMachineInstanceMigration","metadata":{"name":"{{{migration}}}","namespace":"default"},"spec":{"vmiName":"{{{name}}}"}}
        """);

    /// <summary>Waits until KubeVirt says that a migration has ended, and well.</summary>
    internal async Task SucceedsAsync(string migration)
    {
        await SharedLab.UntilAsync("the migration has ended", async () => (string?)(await Lab.JsonAsync("get", "vmim", migration))["status"]?["phase"] is "Succeeded" or "Failed");
        var vmi = await Lab.JsonAsync("get", "vmi", name);
        Assert.True((string?)(await Lab.JsonAsync("get", "vmim", migration))["status"]!["phase"] == "Succeeded", vmi["status"]!["migrationState"]!.ToJsonString());
    }

    /// <summary>One node has the port in the end, and the Nic is plugged in once.</summary>
    internal Task OnlyAsync(string node) => SharedLab.UntilAsync($"{node} alone has the port", async () =>
        await ColumnAsync("chassis") == await ChassisAsync(node) && await ColumnAsync("additional_chassis") == "[]"
        && (await StatusAsync())["attachments"] is JsonArray { Count: 1 } attachments && (string?)attachments[0]!["node"] == node);

    private async Task<string> ColumnAsync(string column) =>
        (await SbctlAsync("--bare", "--columns=" + column, "find", "Port_Binding", $"logical_port=\"default/{Nic}\"")).Trim() is { Length: > 0 } value ? value : "[]";

    private async Task<string> ChassisAsync(string node) => (await SbctlAsync("--bare", "--columns=_uuid", "find", "Chassis", $"name={node}")).Trim();

    private Task<string> SbctlAsync(params string[] command) => Tool.RunAsync(
        "ovn-sbctl", [$"--db=unix:{Lab.Lab.Folder.Central}/sb.sock", "--timeout=20", .. command], TestContext.Current.CancellationToken);
}
