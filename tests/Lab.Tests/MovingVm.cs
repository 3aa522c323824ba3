namespace Lab.Tests;

/// <summary>A VM and two pods, one on each node, that talk to it: made once for the tests that move it, and gone after them.</summary>
public sealed class MovingVm(SharedLab lab) : LabVm(lab, "mover"), IAsyncLifetime
{
    // A guest that has come answers at once what waited for it. Linux drops answers when some 170 are under way (the send buffer of
    // icmp's socket), as they are where QEMU has to wait for a processor: so many must not come from two peers in the pause of a busy machine.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    private static readonly string[] Peers = ["near", "far"];

    public async ValueTask InitializeAsync()
    {
        await Lab.ApplyAsync(SharedLab.PodManifest("near", node: "node1"));
        await Lab.ApplyAsync(SharedLab.PodManifest("far", node: "node2"));
        await ApplyAsync();
        await Lab.WaitReadyAsync($"vmi/{Name}");
        foreach (var peer in Peers)
        {
            await Lab.WaitReadyAsync($"pod/{peer}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Lab.RunAsync("delete", "vmim", "--all", "--timeout=50s");
        await DeleteAsync();
        await Lab.RunAsync(["delete", "pod", .. Peers, "--ignore-not-found", "--timeout=50s"]);
    }

    /// <summary>Has a pod send to a VM, this one or another.</summary>
    internal async Task<EchoStream> StreamAsync(string pod, string address, ushort id) => new(await Lab.NamespaceOfAsync(pod), address, id, Pause);

    /// <summary>All addresses and MACs that are claimed for the VM or a pod of it; those of others may be left from a test before.</summary>
    internal async Task<IReadOnlyList<string>> ClaimsAsync() =>
    [
        .. (await Lab.JsonAsync("get", "ipclaims,macclaims"))["items"]!.AsArray()
            .Where(each => ((string?)each!["spec"]!["owner"]?["name"])?.Contains(Name, StringComparison.Ordinal) == true)
            .Select(each => (string)each!["metadata"]!["name"]!).Order(StringComparer.Ordinal),
    ];
}
