using System.Collections.Concurrent;
using Fabric.Kube;
using Fabric.Kube.Transport;
using Fabric.Primitives;
using Fabric.Resources;

namespace Cni.Agent.Tests.Fixtures;

/// <summary>
/// The control plane's part for Nics of containers, on the real API and OVN: gives addresses, makes the port, and when the Nic
/// goes takes both back and lets it go.
/// </summary>
internal sealed class ContainerControl : IAsyncDisposable
{
    private readonly NodeFixture _node;
    private readonly string _namespace;
    private readonly CancellationTokenSource _ending = new();
    private readonly ConcurrentDictionary<IpAddress, string> _inUse = [];
    private readonly Task _work;

    private ContainerControl(NodeFixture node, string @namespace)
    {
        _node = node;
        _namespace = @namespace;
        _work = RunAsync(_ending.Token);
    }

    /// <summary>The addresses that are given and not yet given back, with their Nics.</summary>
    public IReadOnlyDictionary<IpAddress, string> InUse => _inUse;

    /// <summary>Makes the namespace and works in it until disposed.</summary>
    public static async Task<ContainerControl> StartAsync(NodeFixture node, string @namespace, CancellationToken cancellationToken)
    {
        await node.Api.Client.Resource(ResourceTypes.Namespaces).CreateAsync(
            new Fabric.Resources.Core.Namespace { Metadata = new ObjectMeta { Name = @namespace } }, cancellationToken);
        return new ContainerControl(node, @namespace);
    }

    public async Task<IReadOnlyList<Nic>> NicsAsync(CancellationToken cancellationToken) =>
        [.. (await Nics.ListAsync(new ListOptions { Namespace = _namespace }, cancellationToken)).Items];

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        try
        {
            await _work;
        }
        catch (OperationCanceledException)
        {
            // As asked.
        }

        _ending.Dispose();
    }

    private KubeResource<Nic> Nics => _node.Api.Client.Resource(ResourceTypes.Nics);

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            try
            {
                foreach (var nic in await NicsAsync(cancellationToken))
                {
                    if (nic.Metadata.IsDeleting)
                        await ReleaseAsync(nic, cancellationToken);
                    else if (nic.Status?.Conditions.Find(Condition.Ready) is null)
                        await GiveAsync(nic, cancellationToken);
                }
            }
            catch (KubeException)
            {
                // Away, as a test has it, or changed since: at the next look.
            }
        }
    }

    private async Task GiveAsync(Nic nic, CancellationToken cancellationToken)
    {
        var (addresses, mac) = _node.NextAddresses();
        if (!nic.Spec.Addresses.IsEmpty)
            addresses = [.. addresses.Select(any => nic.Spec.Addresses.FirstOrDefault(wished => wished.Family == any.Address.Family) is { IsValid: true } wished ? new IpInterfaceAddress(wished, any.Length) : any)];
        foreach (var address in addresses)
        {
            if (!_inUse.TryAdd(address.Address, nic.Metadata.Name!) && _inUse[address.Address] != nic.Metadata.Name)
                throw new InvalidOperationException($"{address} is given twice");
        }

        await _node.GiveAsync(nic, addresses, nic.Spec.MacAddress ?? mac, cancellationToken);
    }

    private async Task ReleaseAsync(Nic nic, CancellationToken cancellationToken)
    {
        _node.Switch.Northbound("--if-exists", "lsp-del", $"{nic.Metadata.Namespace}/{nic.Metadata.Name}");
        foreach (var address in nic.Status?.Addresses ?? [])
            _inUse.TryRemove(address.Address, out _);
        await Nics.UpdateAsync(nic with { Metadata = nic.Metadata with { Finalizers = [] } }, cancellationToken);
    }
}
