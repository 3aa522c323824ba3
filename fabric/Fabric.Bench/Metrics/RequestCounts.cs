using Fabric.Bench.Servers;
using Fabric.Telemetry.Exposition;

namespace Fabric.Bench.Metrics;

/// <summary>How many requests an API server has answered, by verb and resource, as its <c>/metrics</c> say.</summary>
internal sealed class RequestCounts
{
    private const string Series = "apiserver_request_total";

    private readonly Dictionary<string, long> _counts;

    private RequestCounts(Dictionary<string, long> counts) => _counts = counts;

    /// <summary>Requests of any kind.</summary>
    internal long Total => _counts.Values.Sum();

    /// <summary>By names such as <c>get_nics</c> and <c>put_nics_status</c>, the most frequent first.</summary>
    internal IEnumerable<KeyValuePair<string, long>> ByKind => _counts.OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key, StringComparer.Ordinal);

    /// <summary>What a server has answered so far.</summary>
    /// <exception cref="BenchException">The server does not say.</exception>
    internal static async Task<RequestCounts> ReadAsync(ApiText api, CancellationToken cancellationToken) =>
        Parse(await api.GetAsync("/metrics", cancellationToken));

    /// <summary>Reads Prometheus' text format; lines of other series are passed over.</summary>
    internal static RequestCounts Parse(string text)
    {
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var sample in PrometheusReader.Read(text).Where(sample => sample.Name == Series))
        {
            var kind = string.Join('_', new[] { sample.Label("verb").ToLowerInvariant(), sample.Label("resource"), sample.Label("subresource") }.Where(part => part.Length > 0));
            counts[kind] = counts.GetValueOrDefault(kind) + (long)sample.Value;
        }

        return new RequestCounts(counts);
    }

    /// <summary>What was answered since an earlier count.</summary>
    internal RequestCounts Since(RequestCounts before) => new(
        _counts.Select(pair => KeyValuePair.Create(pair.Key, pair.Value - before._counts.GetValueOrDefault(pair.Key)))
            .Where(pair => pair.Value > 0)
            .ToDictionary(StringComparer.Ordinal));
}
