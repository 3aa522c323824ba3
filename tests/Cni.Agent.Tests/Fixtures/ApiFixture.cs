using System.Net;
using Fabric.ApiServer;
using Fabric.Kube;
using Fabric.Kube.Configuration;
using Fabric.Resources;
using Fabric.Resources.Core;
using Node.Testing;

namespace Cni.Agent.Tests.Fixtures;

/// <summary>The real embedded API server, and the writes that the control plane would make to it.</summary>
internal sealed class ApiFixture : IAsyncDisposable
{
    public const string Namespace = "default";

    private readonly string _folder;
    private readonly int _port;
    private ApiServerHost _server;

    private ApiFixture(ApiServerHost server, string folder)
    {
        _server = server;
        _folder = folder;
        _port = server.Endpoints[0].Port;
        Client = new KubeClient(KubeConnection.FromFile(server.AdminKubeconfigPath));
    }

    public KubeClient Client { get; }

    /// <summary>What an agent is given.</summary>
    public string Kubeconfig => _server.AgentKubeconfigPath;

    public IPEndPoint Endpoint => _server.Endpoints[0];

    /// <summary>What an agent is given that is to reach the API through another port.</summary>
    public string KubeconfigThrough(int port)
    {
        var file = Path.Combine(_folder, $"agent-{port}.kubeconfig");
        // A copy is as private as its original.
        File.Copy(Kubeconfig, file);
        File.WriteAllText(file, File.ReadAllText(file).Replace($":{_port}", $":{port}", StringComparison.Ordinal));
        return file;
    }

    public static async Task<ApiFixture> StartAsync(string folder) => new(await ServeAsync(folder, port: 0), folder);

    /// <summary>Takes the server away, as an outage does; <see cref="ResumeAsync"/> brings it back with all it had.</summary>
    public async Task SuspendAsync() => await _server.DisposeAsync();

    public async Task ResumeAsync() => _server = await ServeAsync(_folder, _port);

    /// <summary>Creates a pod.</summary>
    public Task<Pod> CreatePodAsync(string name, CancellationToken cancellationToken) => Client.Resource(ResourceTypes.Pods).CreateAsync(
        new Pod
        {
            Metadata = new ObjectMeta { Name = name, Namespace = Namespace },
            Spec = new PodSpec { NodeName = SwitchFixture.NodeName, Containers = [new PodContainer { Name = "main", Image = "none" }] },
        },
        cancellationToken);

    /// <summary>Gives a pod an annotation.</summary>
    public Task AnnotateAsync(Pod pod, string annotation, string text, CancellationToken cancellationToken) => Client.Resource(ResourceTypes.Pods).MutateAsync(
        ResourceTypes.Pods.KeyOf(pod), current => current with { Metadata = current.Metadata with { Annotations = (current.Metadata.Annotations ?? []).With(annotation, text) } }, cancellationToken);

    /// <summary>Creates the Nic of a pod's device, as yet without addresses.</summary>
    public Task<Nic> CreateNicAsync(Pod pod, CancellationToken cancellationToken, string device = "eth0") => Client.Resource(ResourceTypes.Nics).CreateAsync(
        new Nic
        {
            Metadata = new ObjectMeta { Name = NicName.ForPod(pod.Metadata.Name!, device), Namespace = Namespace },
            Spec = new NicSpec
            {
                Subnet = "web",
                Interface = device,
                Owner = new NicOwner { Kind = NicOwnerKind.Pod, Name = pod.Metadata.Name!, Uid = pod.Metadata.Uid! },
            },
        },
        cancellationToken);

    /// <summary>Writes the status that makes the Nic ready, or that refuses it.</summary>
    public async Task<Nic> SetStatusAsync(Nic nic, Func<NicStatus, NicStatus> change, CancellationToken cancellationToken) =>
        await Client.Resource(ResourceTypes.Nics).MutateStatusAsync(
            ResourceTypes.Nics.KeyOf(nic),
            current => current with { Status = change(current.Status ?? new NicStatus()) with { ObservedGeneration = current.Metadata.Generation ?? 0 } },
            cancellationToken) ?? throw new InvalidOperationException("the Nic is gone");

    public async Task<Nic?> FindNicAsync(Pod pod, CancellationToken cancellationToken, string device = "eth0") =>
        await Client.Resource(ResourceTypes.Nics).GetAsync(new ObjectKey(Namespace, NicName.ForPod(pod.Metadata.Name!, device)), cancellationToken);

    /// <summary>Waits until the Nic is as wanted, and returns it.</summary>
    public async Task<Nic> WaitNicAsync(Pod pod, Func<Nic, bool> isAsWanted, CancellationToken cancellationToken, string device = "eth0")
    {
        Nic? nic = null;
        await Eventually.HoldsAsync(() => (nic = FindNicAsync(pod, cancellationToken, device).GetAwaiter().GetResult()) is not null && isAsWanted(nic));
        return nic!;
    }

    public Task DeletePodAsync(Pod pod, CancellationToken cancellationToken) =>
        Client.Resource(ResourceTypes.Pods).DeleteAsync(ResourceTypes.Pods.KeyOf(pod), new DeleteOptions { GracePeriodSeconds = 0 }, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _server.DisposeAsync();
    }

    private static Task<ApiServerHost> ServeAsync(string folder, int port) => ApiServerHost.StartAsync(new ApiServerOptions
    {
        DataDirectory = folder,
        Listen = [new IPEndPoint(IPAddress.Loopback, port)],
        CrdDirectories = [RepositoryPath("deploy", "crds")],
    });

    internal static string RepositoryPath(params string[] parts)
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder.TrimEnd('/')))
        {
            if (File.Exists(Path.Combine(folder, "Fabric.sln")))
                return Path.Combine([folder, .. parts]);
        }

        throw new DirectoryNotFoundException("this program does not lie in the repository");
    }
}
