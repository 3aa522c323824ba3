using Fabric.Kube.Queues;
using Fabric.Kube.Transport;
using Fabric.Resources;
using Microsoft.Extensions.Logging;

namespace Lab.Cluster.Reconciling;

/// <summary>A work queue of objects with the one way in which this project treats its failures.</summary>
internal sealed class KeyedWork(ILogger logger, TimeProvider time, int workers)
{
    // A kubelet retries a sandbox about every second at first; nothing here is worth trying more than twice a minute for ever.
    private readonly WorkQueue<ObjectKey> _queue = new(new WorkQueueOptions
    {
        Workers = workers,
        Retry = new Backoff(TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(30)),
        Time = time,
    });

    public void Add(ObjectKey key) => _queue.Add(key);

    /// <summary>Works until cancelled. The work returns when to come again although nothing asked for it, or null.</summary>
    public Task RunAsync(Func<ObjectKey, CancellationToken, Task<TimeSpan?>> work, CancellationToken cancellationToken) =>
        _queue.RunAsync(
            async (key, token) =>
            {
                try
                {
                    return await work(key, token);
                }
                catch (KubeException e) when (e.IsConflict || e.IsNotFound)
                {
                    // Decided on an older state; the newer one is on its way and this is only in case it was already seen.
                    return TimeSpan.FromMilliseconds(100);
                }
            },
            (key, failure, wait) => logger.LogWarning("{Key}: {Message}; again in {Wait}", key, failure.Message, wait),
            cancellationToken);
}
