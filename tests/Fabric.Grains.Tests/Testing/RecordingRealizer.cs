using System.Collections.Concurrent;
using Fabric.Grains.Realization;
using Fabric.Resources;

namespace Fabric.Grains.Tests.Testing;

/// <summary>Remembers what the network is told to be.</summary>
internal sealed class RecordingRealizer : INetworkRealizer
{
    public ConcurrentDictionary<string, Vpc> Vpcs { get; } = new();

    public ConcurrentDictionary<string, Subnet> Subnets { get; } = new();

    public ConcurrentDictionary<ObjectKey, Nic> Nics { get; } = new();

    public Exception? Fault { get; set; }

    /// <summary>The network answers when this ends.</summary>
    public Task Answers { get; set; } = Task.CompletedTask;

    public Task<string> ApplyAsync(Vpc vpc, CancellationToken cancellationToken)
    {
        Vpcs[vpc.Metadata.Name!] = vpc;
        return Answer("router-" + vpc.Metadata.Name, cancellationToken);
    }

    public Task<string> ApplyAsync(Subnet subnet, CancellationToken cancellationToken)
    {
        Subnets[subnet.Metadata.Name!] = subnet;
        return Answer("switch-" + subnet.Metadata.Name, cancellationToken);
    }

    public Task ApplyAsync(Nic nic, Subnet subnet, CancellationToken cancellationToken)
    {
        if (Fault is null)
            Nics[ResourceTypes.Nics.KeyOf(nic)] = nic;
        return Answer("", cancellationToken);
    }

    public Task RemoveVpcAsync(string vpc, CancellationToken cancellationToken) => Answer(Vpcs.TryRemove(vpc, out _).ToString(), cancellationToken);

    public Task RemoveSubnetAsync(string subnet, CancellationToken cancellationToken) => Answer(Subnets.TryRemove(subnet, out _).ToString(), cancellationToken);

    public Task RemoveNicAsync(ObjectKey nic, CancellationToken cancellationToken) => Answer(Nics.TryRemove(nic, out _).ToString(), cancellationToken);

    private async Task<string> Answer(string name, CancellationToken cancellationToken)
    {
        await Answers.WaitAsync(cancellationToken);
        return Fault is { } fault ? throw fault : name;
    }
}
