using System.Diagnostics;
using System.Text.Json.Nodes;
using Fabric.Bench.Statistics;
using Fabric.Kube;
using Fabric.Resources;

namespace Fabric.Bench.Scale;

/// <summary>Changes one Nic after the other, and times each until its node's watch has it.</summary>
internal sealed class NicChanges(KubeClient client, IReadOnlyList<NodeWatch> watches, ScaleOptions options)
{
    /// <summary>What is changed: a field that nothing follows from.</summary>
    internal const string Annotation = "bench.fabric.vmnet.io/change";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    // The same Nics in every run.
    private readonly Random _random = new(1);

    /// <summary>From the request until the watch has the event, in milliseconds each.</summary>
    internal async Task<Sample> MeasureAsync(int changes, CancellationToken cancellationToken)
    {
        var milliseconds = new double[changes];
        for (var i = 0; i < changes; i++)
        {
            var nic = _random.Next(options.Nics);
            milliseconds[i] = await ChangeAsync(nic, $"{_random.Next()}", cancellationToken);
        }

        return new Sample(milliseconds);
    }

    private async Task<double> ChangeAsync(int nic, string mark, CancellationToken cancellationToken)
    {
        var name = Workloads.NicOf(ScaleNetwork.PodName(nic));
        var patch = KubePatch.Merge(new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [Annotation] = mark } } });
        var seen = watches[ScaleNetwork.NodeOf(nic, options)].ExpectAsync(name, mark);
        var began = Stopwatch.GetTimestamp();
        await client.Resource(ResourceTypes.Nics).PatchAsync(new ObjectKey(ScaleNetwork.Namespace, name), patch, cancellationToken);
        try
        {
            return Stopwatch.GetElapsedTime(began, await seen.WaitAsync(Limit, cancellationToken)).TotalMilliseconds;
        }
        catch (TimeoutException e)
        {
            throw new BenchException($"a change of Nic {name} did not reach its node's watch within {Limit.TotalSeconds:0} s", e);
        }
    }
}
