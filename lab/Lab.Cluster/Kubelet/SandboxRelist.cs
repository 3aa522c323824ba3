using Fabric.Resources;
using Lab.Cluster.Sandboxes;

namespace Lab.Cluster.Kubelet;

/// <summary>Asks a node's runtime again and again what runs, and tells which pods that changed for; says whether the runtime answers.</summary>
internal sealed class SandboxRelist(ISandboxes sandboxes, TimeSpan period, TimeProvider time)
{
    private Dictionary<string, Sandbox> _known = [];

    /// <summary>Why the runtime does not answer; null while it does.</summary>
    public string? Failure { get; private set; }

    /// <summary>Asks until cancelled. All that runs at the beginning is told as changed.</summary>
    public async Task RunAsync(Action<ObjectKey> changed, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(period, time);
        do
        {
            try
            {
                Compare(await sandboxes.ListAsync(cancellationToken), changed);
                Failure = null;
            }
            catch (SandboxException e)
            {
                Failure = e.Message;
            }
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }

    private void Compare(IReadOnlyList<Sandbox> sandboxesNow, Action<ObjectKey> changed)
    {
        var now = sandboxesNow.ToDictionary(each => each.Id, StringComparer.Ordinal);
        foreach (var sandbox in now.Values.Where(each => !each.Equals(_known.GetValueOrDefault(each.Id))))
            changed(sandbox.Pod.Key);
        foreach (var gone in _known.Values.Where(each => !now.ContainsKey(each.Id)))
            changed(gone.Pod.Key);
        _known = now;
    }
}
