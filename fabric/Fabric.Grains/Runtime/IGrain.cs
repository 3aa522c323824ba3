using Fabric.Resources;

namespace Fabric.Grains.Runtime;

/// <summary>
/// Marks the interface of a grain: an actor found by its key. All its methods return tasks, take a cancellation token last, and run one
/// at a time for a key.
/// </summary>
/// <remarks>
/// A method may run more than once for one call: when what it wrote was based on an old version, its state is read again and it runs
/// anew. Whatever it does must be safe to repeat. Calls go one way: workload -> nothing, Nic -> Subnet and Vpc, Subnet and Vpc ->
/// nothing; a cycle would wait for itself.
/// </remarks>
public interface IGrain;

/// <summary>Finds grains.</summary>
public interface IGrainFactory
{
    /// <summary>The grain of this key. It need not exist: the first call activates it.</summary>
    TGrain GetGrain<TGrain>(ObjectKey key)
        where TGrain : class, IGrain;
}
