using System.Diagnostics;
using Fabric.Kube;
using Fabric.Resources;

namespace Fabric.Bench.Scale;

/// <summary>What one node's agent watches: the Nics that are active on its node.</summary>
internal sealed class NodeWatch : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly HashSet<string> _changed = new(StringComparer.Ordinal);
    private Task _loop = Task.CompletedTask;
    private (string Nic, string Mark, TaskCompletionSource<long> Seen)? _awaited;
    private long _foreign;

    private NodeWatch()
    {
    }

    /// <summary>Events about Nics that nobody changed on this node.</summary>
    internal long Foreign => Interlocked.Read(ref _foreign);

    /// <summary>Lists the node's Nics and watches from there.</summary>
    /// <param name="client">A connection of the node's own.</param>
    /// <returns>The watch, and how many Nics the list had.</returns>
    internal static async Task<(NodeWatch Watch, int Listed)> StartAsync(KubeClient client, string node, CancellationToken cancellationToken)
    {
        var options = new ListOptions { Fields = $"status.node={node}" };
        var resource = client.Resource(ResourceTypes.Nics);
        var list = await resource.ListAsync(options, cancellationToken);
        var watch = new NodeWatch();
        watch._loop = watch.RunAsync(resource, options, list.Metadata.ResourceVersion!, watch._stop.Token);
        return (watch, list.Items.Count);
    }

    /// <summary>Completes with the time, in ticks of <see cref="Stopwatch"/>, at which the Nic is seen with the mark in its annotation.</summary>
    internal Task<long> ExpectAsync(string nic, string mark)
    {
        var seen = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            _changed.Add(nic);
            _awaited = (nic, mark, seen);
        }

        return _loop.IsFaulted ? Task.FromException<long>(_loop.Exception.InnerException!) : seen.Task;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task RunAsync(KubeResource<Nic> resource, ListOptions options, string version, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await foreach (var seen in resource.WatchAsync(options, version, cancellationToken))
                {
                    if (seen.Type == WatchEventType.Expired)
                    {
                        throw new BenchException("a node's watch fell behind the server's history");
                    }

                    version = seen.ResourceVersion;
                    if (seen.Value is { } nic)
                    {
                        Observe(nic, Stopwatch.GetTimestamp());
                    }
                }
            }
        }
        catch (Exception e)
        {
            lock (_lock)
            {
                _awaited?.Seen.TrySetException(e);
            }

            throw;
        }
    }

    private void Observe(Nic nic, long now)
    {
        lock (_lock)
        {
            if (!_changed.Contains(nic.Metadata.Name!))
            {
                _foreign++;
            }
            else if (_awaited is { } awaited && awaited.Nic == nic.Metadata.Name && nic.Metadata.Annotation(NicChanges.Annotation) == awaited.Mark)
            {
                awaited.Seen.TrySetResult(now);
            }
        }
    }
}
