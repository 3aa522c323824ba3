using System.Collections.Concurrent;
using Fabric.Kube;
using Fabric.Resources;

namespace Fabric.Bench.Nics;

/// <summary>One watch over the Nics of a namespace, shared by all clients: what it has not seen has not happened.</summary>
internal sealed class NicWatch : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private readonly ConcurrentDictionary<string, NicProgress> _nics = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private readonly KubeResource<Nic> _resource;
    private readonly ListOptions _options;
    private Task _loop = Task.CompletedTask;

    private NicWatch(KubeClient client, string ns)
    {
        Namespace = ns;
        _resource = client.Resource(ResourceTypes.Nics);
        _options = new ListOptions { Namespace = ns };
    }

    /// <summary>Whose Nics are watched.</summary>
    internal string Namespace { get; }

    /// <summary>Watches from now on.</summary>
    internal static async Task<NicWatch> StartAsync(KubeClient client, string ns, CancellationToken cancellationToken)
    {
        var watch = new NicWatch(client, ns);
        // No object has this name: what is wanted is the version to begin from.
        var now = await watch._resource.ListAsync(watch._options with { Fields = "metadata.name=none" }, cancellationToken);
        watch._loop = watch.RunAsync(now.Metadata.ResourceVersion!, watch._stop.Token);
        return watch;
    }

    /// <summary>Follows a Nic; to be called before it is made.</summary>
    internal NicProgress Follow(string name)
    {
        var progress = _nics.GetOrAdd(name, _ => new NicProgress());
        if (_loop.IsFaulted)
        {
            progress.Fail(_loop.Exception.InnerException!);
        }

        return progress;
    }

    /// <summary>Follows a Nic no more.</summary>
    internal void Forget(string name) => _nics.TryRemove(name, out _);

    /// <summary>Waits for one of the milestones of a Nic.</summary>
    /// <exception cref="BenchException">It did not come; the message has what the Nic's condition says.</exception>
    internal async Task WaitAsync(string name, Func<NicProgress, Task> milestone, CancellationToken cancellationToken)
    {
        var progress = Follow(name);
        try
        {
            await milestone(progress).WaitAsync(Limit, cancellationToken);
        }
        catch (TimeoutException e)
        {
            throw new BenchException($"Nic {name} did not come so far within {Limit.TotalSeconds:0} s; its condition: {progress.Said}", e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task RunAsync(string version, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await foreach (var seen in _resource.WatchAsync(_options, version, cancellationToken))
                {
                    if (seen.Type == WatchEventType.Expired)
                    {
                        throw new BenchException("the watch over the Nics fell behind the server's history");
                    }

                    version = seen.ResourceVersion;
                    if (seen.Value is { } nic && _nics.TryGetValue(nic.Metadata.Name!, out var progress))
                    {
                        progress.Observe(seen.Type, nic);
                    }
                }
            }
        }
        catch (Exception e)
        {
            foreach (var progress in _nics.Values)
            {
                progress.Fail(e);
            }

            throw;
        }
    }
}
