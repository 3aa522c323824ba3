using Fabric.Resources.Core;

namespace Fabric.Bench.Cni;

/// <summary>Plugins in turns: for each pod each plugin's ADD, then each plugin's DEL, in sandboxes of their own.</summary>
internal sealed class Rounds(CniSite site)
{
    private static readonly string[] Commands = ["ADD", "DEL"];

    private readonly PluginKind[] _plugins = [site.Fabric, .. site.Others];
    private int _turn;

    /// <summary>The least share of the pods for which the agent had a port ready before their first ADD.</summary>
    internal double LeastAhead { get; private set; } = 1;

    /// <summary>Measures, a few pods at a time, so that OVN has no more ports than it is to have.</summary>
    /// <param name="count">Calls of each plugin.</param>
    /// <param name="together">Pods that are there at a time.</param>
    /// <returns>By plugin.</returns>
    internal async Task<IReadOnlyDictionary<PluginKind, PluginTimes>> MeasureAsync(int count, int together, CancellationToken cancellationToken)
    {
        var times = _plugins.ToDictionary(plugin => plugin, _ => new PluginTimes());
        for (var left = count; left > 0; left -= together)
        {
            var pods = await site.Node.CreateAsync(site.NewPods(Math.Min(left, together)), cancellationToken);
            LeastAhead = Math.Min(LeastAhead, (double)await site.Node.WaitAheadAsync(pods.Length, cancellationToken) / pods.Length);
            var paths = await site.Sandboxes.MakeAsync(pods.Length * _plugins.Length, cancellationToken);
            for (var i = 0; i < pods.Length; i++)
            {
                await RoundAsync(pods[i], paths.AsMemory(i * _plugins.Length, _plugins.Length), times, cancellationToken);
            }

            await site.Sandboxes.RemoveAsync(cancellationToken);
            await site.Node.DeleteAsync(pods, cancellationToken);
        }

        return times;
    }

    private async Task RoundAsync(Pod pod, ReadOnlyMemory<string> paths, Dictionary<PluginKind, PluginTimes> times, CancellationToken cancellationToken)
    {
        PluginTarget[] targets = [.. paths.ToArray().Select(path => site.TargetOf(pod, path))];
        // Who goes first changes, so that none profits from what the one before it has warmed.
        var first = _turn++;
        foreach (var command in Commands)
        {
            for (var i = 0; i < _plugins.Length; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var which = (first + i) % _plugins.Length;
                times[_plugins[which]].Add(command, await site.Calls.TimeAsync(_plugins[which], command, targets[which]));
            }
        }
    }
}
