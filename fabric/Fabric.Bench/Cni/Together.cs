using Fabric.Bench.Statistics;

namespace Fabric.Bench.Cni;

/// <summary>Calls that are not in turns: of pods that are new, and of many pods at once.</summary>
internal sealed class Together(CniSite site)
{
    /// <summary>ADD right after the pod was made, which waits for the Nic, its port and OVN; DEL right after.</summary>
    internal async Task MeasureColdAsync(int count, CancellationToken cancellationToken)
    {
        var run = site.Run;
        var times = new List<double>();
        var paths = await site.Sandboxes.MakeAsync(count, cancellationToken);
        for (var i = 0; i < count; i++)
        {
            var pod = await site.Node.CreateAsync(site.NewPods(1)[0], cancellationToken);
            var target = site.TargetOf(pod, paths[i]);
            times.Add(await site.Calls.TimeAsync(site.Fabric, "ADD", target));
            await site.Calls.TimeAsync(site.Fabric, "DEL", target);
            await site.Node.DeleteAsync([pod], cancellationToken);
        }

        await site.Sandboxes.RemoveAsync(cancellationToken);
        run.Figure("add_cold_p50_ms", new Sample(times).Median, "ms", "ADD of a pod that was made that moment, median");
    }

    /// <summary>All at once, then nothing for a while, then all away at once.</summary>
    internal async Task MeasureAsync(int count, TimeSpan idle, CancellationToken cancellationToken)
    {
        var run = site.Run;
        var pods = await site.Node.CreateAsync(site.NewPods(count), cancellationToken);
        await site.Node.WaitAheadAsync(count, cancellationToken);
        var paths = await site.Sandboxes.MakeAsync(count, cancellationToken);
        PluginTarget[] targets = [.. pods.Zip(paths, site.TargetOf)];

        var adds = new Sample(await site.Calls.TimeTogetherAsync(site.Fabric, "ADD", targets, cancellationToken));
        run.Figure("burst_add_p50_ms", adds.Median, "ms", $"{count} ADDs at once, all granted, median");
        run.Figure("burst_add_p99_ms", adds.Quantile(0.99), "ms", "the same, 99th percentile");
        var usage = site.Node.AgentUsage();
        run.Figure("agent_rss_mb", usage.ResidentBytes / 1e6, "MB", $"memory of the agent with {count} endpoints");
        run.Figure("agent_peak_rss_mb", usage.PeakResidentBytes / 1e6, "MB", "the most it had");

        // What the ADDs left to do behind them is done soon; then there is nothing.
        await site.Node.WaitQuietAsync(cancellationToken);
        var before = site.Node.AgentUsage().Cpu;
        await Task.Delay(idle, cancellationToken);
        run.Figure(
            "agent_idle_cpu_percent", 100 * ((site.Node.AgentUsage().Cpu - before) / idle), "%", $"of a core, used by the agent with {count} endpoints and nothing to do, over {idle.TotalSeconds:0} s");

        var deletes = new Sample(await site.Calls.TimeTogetherAsync(site.Fabric, "DEL", targets, cancellationToken));
        run.Figure("burst_del_p50_ms", deletes.Median, "ms", $"{count} DELs at once, median");
        run.Figure("burst_del_p99_ms", deletes.Quantile(0.99), "ms", "the same, 99th percentile");
        await site.Sandboxes.RemoveAsync(cancellationToken);
        await site.Node.DeleteAsync(pods, cancellationToken);
    }
}
