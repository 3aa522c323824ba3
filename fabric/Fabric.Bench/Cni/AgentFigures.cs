using System.Net.Sockets;
using Fabric.Telemetry.Exposition;
using Lab.Runner.Processes;
using Lab.Runner.State;

namespace Fabric.Bench.Cni;

/// <summary>What an agent has measured itself so far: how long the steps of its requests took.</summary>
internal sealed class AgentFigures
{
    private const string Steps = "fabric_cni_step_duration_seconds";

    private readonly Dictionary<(string Command, string Step), (double Seconds, double Count)> _steps;

    private AgentFigures(Dictionary<(string Command, string Step), (double Seconds, double Count)> steps) => _steps = steps;

    /// <summary>Reads <c>/metrics</c> of the agent in a namespace.</summary>
    /// <exception cref="BenchException">The agent does not say.</exception>
    internal static async Task<AgentFigures> ReadAsync(string ns, CancellationToken cancellationToken)
    {
        using var thread = await NamespaceThread.EnterAsync(ns);
        using var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = async (context, token) =>
            {
                var socket = await thread.RunAsync(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
                await socket.ConnectAsync(context.DnsEndPoint.Host, context.DnsEndPoint.Port, token);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        using var http = new HttpClient(handler);
        try
        {
            return Parse(await http.GetStringAsync($"http://127.0.0.1:{NodeRecord.MetricsPort}/metrics", cancellationToken));
        }
        catch (Exception e) when (e is HttpRequestException or FormatException)
        {
            throw new BenchException($"the agent's metrics cannot be read: {e.Message}", e);
        }
    }

    internal static AgentFigures Parse(string text)
    {
        var steps = new Dictionary<(string Command, string Step), (double Seconds, double Count)>();
        foreach (var sample in PrometheusReader.Read(text))
        {
            var key = (sample.Label("command"), sample.Label("step"));
            var (seconds, count) = steps.GetValueOrDefault(key);
            if (sample.Name == Steps + "_sum")
            {
                steps[key] = (sample.Value, count);
            }
            else if (sample.Name == Steps + "_count")
            {
                steps[key] = (seconds, sample.Value);
            }
        }

        return new AgentFigures(steps);
    }

    /// <summary>What the steps of a command took on the average since an earlier look, in milliseconds a request.</summary>
    internal IReadOnlyList<(string Step, double Milliseconds)> Since(AgentFigures before, string command)
    {
        var taken = _steps.Where(pair => pair.Key.Command == command)
            .Select(pair => (pair.Key.Step, Now: pair.Value, Before: before._steps.GetValueOrDefault(pair.Key)))
            .Select(each => (each.Step, Seconds: each.Now.Seconds - each.Before.Seconds, Count: each.Now.Count - each.Before.Count))
            .ToArray();
        // Every request has a rest: their number is that of the requests. A step that only some took is spread over all.
        var requests = taken.Where(each => each.Step == "rest").Sum(each => each.Count);
        return requests == 0 ? [] : [.. taken.Where(each => each.Count > 0).Select(each => (each.Step, 1000 * each.Seconds / requests)).OrderByDescending(each => each.Item2)];
    }
}
