using Fabric.Bench.Load;
using Fabric.Kube;
using Fabric.Resources;
using Fabric.Resources.Core;

namespace Fabric.Bench.Ipam;

/// <summary>The baseline: durable creates of a small object that nobody looks at, through the same API and the same clients.</summary>
internal sealed class RawWrites(IReadOnlyList<KubeClient> clients, string ns)
{
    private int _made;

    /// <summary>Creates Leases.</summary>
    internal Task<LoadResult> CreateAsync(int count, CancellationToken cancellationToken) => ClosedLoop.RunAsync(
        clients.Count, count,
        (client, _, token) => clients[client].Resource(ResourceTypes.Leases).CreateAsync(Next(), token),
        cancellationToken);

    private Lease Next() => new()
    {
        Metadata = new ObjectMeta { Name = $"raw-{Interlocked.Increment(ref _made)}", Namespace = ns },
        Spec = new LeaseSpec { HolderIdentity = "fabric-bench", LeaseDurationSeconds = 15 },
    };
}
