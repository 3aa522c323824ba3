using System.Globalization;
using Lab.Cluster.Sandboxes;
using Lab.Runner.Processes;

namespace Lab.Cluster.Tests.Bindings;

/// <summary>
/// A pod's namespace joined by a veth to a peer outside, and a third one that stands behind the pod's tap as a guest does.
/// Plays the runtime as far as running commands in the pod's container goes.
/// </summary>
internal sealed class TestNetwork : ISandboxes, IAsyncDisposable
{
    public const string PodAddress = "10.77.0.5";
    public const string PeerAddress = "10.77.0.1";
    public const string PodAddress6 = "fd77::5";
    public const string PeerAddress6 = "fd77::1";
    public const string Mac = "02:aa:bb:cc:dd:01";

    private readonly string _id = Guid.NewGuid().ToString("N")[..6];
    private readonly string _folder = Directory.CreateTempSubdirectory("fabric-binding-").FullName;

    public string Pod => $"flcp{_id}";

    public string Peer => $"flcx{_id}";

    public string Guest => $"flcg{_id}";

    public string PodPath => $"/run/netns/{Pod}";

    public static async Task<TestNetwork> MakeAsync()
    {
        var network = new TestNetwork();
        await ShellAsync($"""
            set -e
            for ns in {network.Pod} {network.Peer} {network.Guest}; do ip netns add $ns; ip -n $ns link set lo up; done
            ip -n {network.Pod} link add eth0 address {Mac} mtu 1400 type veth peer name peer0 netns {network.Peer}
            ip -n {network.Pod} address add {PodAddress}/24 dev eth0
            ip -n {network.Pod} link set eth0 up
            ip -n {network.Pod} route add default via {PeerAddress}
            ip -n {network.Pod} address add {PodAddress6}/64 dev eth0 nodad
            ip -n {network.Pod} route add default via {PeerAddress6}
            ip -n {network.Peer} address add {PeerAddress}/24 dev peer0
            ip -n {network.Peer} address add {PeerAddress6}/64 dev peer0 nodad
            ip -n {network.Peer} link set peer0 up
            """);
        return network;
    }

    /// <summary>Puts a guest's interface where QEMU would have it behind the tap: a veth in the tap's bridge.</summary>
    /// <remarks>A tap has no carrier without a process behind it; what this shows is the bridge, the rules and the addresses.</remarks>
    public Task PlugGuestAsync() => ShellAsync($"""
        set -e
        ip -n {Guest} link add eth0 address {Mac} mtu 1400 type veth peer name plug0 netns {Pod}
        ip -n {Pod} link set plug0 mtu 1400 master k6t-eth0 up
        ip -n {Guest} link set eth0 up
        """);

    public static async Task<string> ShellAsync(string script) =>
        await Tool.RunAsync("/bin/sh", ["-c", script], TestContext.Current.CancellationToken);

    public static Task<string> InAsync(string netns, string script) =>
        Tool.RunAsync("nsenter", [$"--net=/run/netns/{netns}", "--", "/bin/sh", "-c", script], TestContext.Current.CancellationToken);

    /// <summary>As in the container: the pod's network, busybox's programs, a /run of its own.</summary>
    public Task ExecAsync(string containerId, IReadOnlyList<string> command, CancellationToken cancellationToken) => Tool.RunAsync(
        "nsenter",
        [$"--net={PodPath}", "--", "unshare", "--mount", "--", "/bin/sh", "-c", "mount --bind \"$0\" /run && exec \"$@\"", _folder, "busybox", .. command.Select((each, n) => n == 0 ? Path.GetFileName(each) : each)],
        cancellationToken);

    public Task<IReadOnlyList<Sandbox>> ListAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<string> RunAsync(SandboxWish wish, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task StopAsync(string sandboxId, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task RemoveAsync(string sandboxId, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<string> StartContainerAsync(string sandboxId, SandboxWish sandbox, ContainerWish wish, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task StopContainerAsync(string containerId, TimeSpan grace, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task RemoveContainerAsync(string containerId, CancellationToken cancellationToken) => throw new NotSupportedException();

    public async ValueTask DisposeAsync()
    {
        // A server that has begun writes its number in its own time.
        var (pid, pidFile) = (0, Path.Combine(_folder, "udhcpd.pid"));
        if (File.Exists(Path.Combine(_folder, "udhcpd.conf")))
            await Until.TrueAsync(() => File.Exists(pidFile) && int.TryParse(File.ReadAllText(pidFile), CultureInfo.InvariantCulture, out pid), TimeSpan.FromSeconds(10), CancellationToken.None);
        if (pid != 0 && ProcessIdentity.Of(pid) is { } server)
            await server.StopAsync(TimeSpan.FromSeconds(1), CancellationToken.None);
        foreach (var netns in (string[])[Pod, Peer, Guest])
            await Tool.TryRunAsync("ip", ["netns", "delete", netns], CancellationToken.None);
        Directory.Delete(_folder, recursive: true);
    }
}
