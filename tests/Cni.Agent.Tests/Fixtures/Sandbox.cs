using Fabric.Resources.Core;
using Node.Testing;

namespace Cni.Agent.Tests.Fixtures;

/// <summary>What a container runtime has made for a pod when it calls the plugin.</summary>
internal sealed class Sandbox : IDisposable
{
    private static int _count;
    private readonly TestNetns? _netns;

    public Sandbox(Pod pod)
    {
        _netns = new TestNetns("s", ipv6: true);
        ContainerId = $"sandbox-{Interlocked.Increment(ref _count)}-{pod.Metadata.Name}";
        NetnsPath = _netns.Path;
        Arguments = $"IgnoreUnknown=1;K8S_POD_NAMESPACE={pod.Metadata.Namespace};K8S_POD_NAME={pod.Metadata.Name};K8S_POD_INFRA_CONTAINER_ID={ContainerId};K8S_POD_UID={pod.Metadata.Uid}";
    }

    /// <summary>A container that is no pod.</summary>
    public Sandbox(string containerId, string arguments = "")
    {
        _netns = new TestNetns("c", ipv6: true);
        ContainerId = containerId;
        NetnsPath = _netns.Path;
        Arguments = arguments;
    }

    private Sandbox(Sandbox same, string device)
    {
        ContainerId = same.ContainerId;
        NetnsPath = same.NetnsPath;
        Arguments = same.Arguments;
        Interface = device;
        _netns = same._netns;
    }

    public string ContainerId { get; init; }

    public string Interface { get; init; } = "eth0";

    /// <summary>CNI_NETNS; containerd's second DEL has it empty.</summary>
    public string NetnsPath { get; set; }

    public string Arguments { get; set; }

    public TestNetns Netns => _netns!;

    /// <summary>Another device of the same container.</summary>
    public Sandbox Device(string name) => new(this, name);

    /// <summary>The runtime takes the namespace away.</summary>
    public void Vanish() => _netns!.Dispose();

    public void Dispose() => _netns?.Dispose();
}
