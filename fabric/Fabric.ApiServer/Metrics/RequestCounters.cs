using System.Diagnostics.Metrics;
using System.Text;
using Fabric.ApiServer.Requests;
using Fabric.Telemetry.Collection;
using Fabric.Telemetry.Exposition;

namespace Fabric.ApiServer.Metrics;

/// <summary>How many requests were answered, counted and named as kube-apiserver does, so that the same dashboards read both.</summary>
internal sealed class RequestCounters : IDisposable
{
    private const string MeterName = "fabric.apiserver";

    private readonly Func<IReadOnlyList<MetricFamily>> _further;
    private readonly Meter _meter = new(MeterName);
    private readonly MetricsCollector _collector;
    private readonly Counter<long> _requests;

    /// <param name="further">What else is told beside them.</param>
    public RequestCounters(Func<IReadOnlyList<MetricFamily>> further)
    {
        _further = further;
        _collector = new MetricsCollector(meter => meter == _meter);
        _requests = _meter.CreateCounter<long>("apiserver.request", "{request}", "Requests answered; a watch counts when it ends.");
    }

    /// <remarks>Bounded by the resources served: paths of unknown ones are refused before they are counted.</remarks>
    /// <param name="verb">Kubernetes' verb, such as <c>list</c>.</param>
    /// <param name="code">HTTP status of the answer.</param>
    public void Count(string verb, RequestPath path, int code) => _requests.Add(
        1,
        [
            new("code", code), new("group", path.Group), new("resource", path.Resource), new("subresource", path.Subresource ?? ""), new("verb", Method(verb)), new("version", path.Version),
        ]);

    /// <summary>The counts in Prometheus' text format 0.0.4.</summary>
    public byte[] Expose() => Encoding.UTF8.GetBytes(PrometheusText.Write(_collector.Collect().Concat(_further())));

    public void Dispose()
    {
        _collector.Dispose();
        _meter.Dispose();
    }

    private static string Method(string verb) => verb switch
    {
        "create" => "POST",
        "update" => "PUT",
        _ => verb.ToUpperInvariant(),
    };
}
