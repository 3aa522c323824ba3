using System.Net;
using Fabric.ApiServer;
using Fabric.Kube;
using Fabric.Kube.Configuration;
using Fabric.Resources;
using Fabric.Resources.Core;
using Lab.Cluster.Sandboxes;
using Microsoft.Extensions.Logging.Abstractions;
using Vmnet.KubeVirt;

namespace Lab.Cluster.Tests.Cluster;

/// <summary>The real API server on loopback, the real players, and in place of containerd and QEMU what a test can steer.</summary>
internal sealed class TestCluster : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("fabric-cluster-").FullName;
    private ApiServerHost _server = null!;
    private CancellationTokenSource _playing = new();
    private Task _players = Task.CompletedTask;

    public KubeClient Client { get; private set; } = null!;

    public string Kubeconfig => _server.AdminKubeconfigPath;

    public MemoryGuests Guests { get; } = new();

    public Dictionary<string, MemorySandboxes> Nodes { get; } = new(StringComparer.Ordinal)
    {
        ["node1"] = new MemorySandboxes("node1"),
        ["node2"] = new MemorySandboxes("node2"),
    };

    public IEnumerable<Sandbox> Sandboxes => Nodes.Values.SelectMany(each => each.All);

    public KubeResource<Pod> Pods => Client.Resource(ResourceTypes.Pods);

    public KubeResource<VirtualMachine> Vms => Client.Resource(KubeVirtTypes.VirtualMachines);

    public KubeResource<VirtualMachineInstance> Instances => Client.Resource(KubeVirtTypes.Instances);

    public static async Task<TestCluster> StartAsync()
    {
        var cluster = new TestCluster();
        cluster._server = await ApiServerHost.StartAsync(
            new ApiServerOptions { DataDirectory = cluster._folder, Listen = [new IPEndPoint(IPAddress.Loopback, 0)] },
            TestContext.Current.CancellationToken);
        cluster.Client = new KubeClient(KubeConnection.FromFile(cluster.Kubeconfig));
        cluster.Play();
        return cluster;
    }

    /// <summary>Starts the players.</summary>
    public void Play()
    {
        _playing = new CancellationTokenSource();
        var options = new LabClusterOptions
        {
            Nodes = [new LabNode("node1", "192.0.2.1"), new LabNode("node2", "192.0.2.2")],
            RelistPeriod = TimeSpan.FromMilliseconds(50),
            GuestDeadline = TimeSpan.FromMilliseconds(500),
        };
        var runtimes = Nodes.ToDictionary(each => each.Key, each => (ISandboxes)each.Value, StringComparer.Ordinal);
        _players = new ClusterPlayers(options, Client, runtimes, Guests, Guests, NullLoggerFactory.Instance).RunAsync(_playing.Token);
    }

    /// <summary>Ends the players; what runs goes on.</summary>
    public async Task PauseAsync()
    {
        await _playing.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _players);
        _playing.Dispose();
    }

    /// <summary>Asks until the object is as wanted.</summary>
    public async Task<T> EventuallyAsync<T>(KubeResource<T> resource, string name, Predicate<T> wanted)
        where T : class, IKubeObject
    {
        T? last = null;
        await EventuallyAsync(
            async () => (last = await resource.GetAsync(new ObjectKey(resource.Type.Namespaced ? "default" : null, name), TestContext.Current.CancellationToken)) is { } value && wanted(value),
            () => $"{resource.Type.Kind} {name} did not become as wanted: {(last is null ? "there is none" : System.Text.Json.JsonSerializer.Serialize(last, resource.Type.Json))}");
        return last!;
    }

    /// <summary>Waits until there is no such object.</summary>
    public Task GoneAsync<T>(KubeResource<T> resource, string name)
        where T : class, IKubeObject =>
        EventuallyAsync(async () => await resource.GetAsync(new ObjectKey("default", name), TestContext.Current.CancellationToken) is null, () => $"{resource.Type.Kind} {name} is still there");

    /// <summary>Asks until the answer is yes.</summary>
    public async Task EventuallyAsync(Func<Task<bool>> question, Func<string> otherwise)
    {
        using var deadline = new CancellationTokenSource(Patience);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!await question())
        {
            Assert.False(_players.IsFaulted, $"the players failed: {_players.Exception}");
            Assert.False(deadline.IsCancellationRequested, otherwise());
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }

    /// <summary>The reasons of the events about an object, once the wanted one is among them.</summary>
    public async Task<IReadOnlyList<Event>> EventsAsync(string name, string wanted)
    {
        IReadOnlyList<Event> events = [];
        await EventuallyAsync(
            async () =>
            {
                var all = await Client.Resource(ResourceTypes.Events).ListAsync(ListOptions.All, TestContext.Current.CancellationToken);
                events = [.. all.Items.Where(each => each.InvolvedObject.Name == name)];
                return events.Any(each => each.Reason == wanted);
            },
            () => $"no event {wanted} about {name}, but {string.Join(", ", events.Select(each => each.Reason))}");
        return events;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_players.IsCompleted)
            await PauseAsync();
        Client.Dispose();
        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
