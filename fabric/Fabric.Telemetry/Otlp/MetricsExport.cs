using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace Fabric.Telemetry.Otlp;

/// <summary>Sends metrics by OTLP, as the environment says (OpenTelemetry specification, "OpenTelemetry Protocol Exporter").</summary>
public static class MetricsExport
{
    /// <summary>The variables that turn it on; those of the specification say the rest: protocol, headers, interval.</summary>
    public static IReadOnlyList<string> Variables { get; } = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"];

    /// <summary>Begins to send the instruments of all of Fabric's meters; nothing happens unless the environment has an endpoint.</summary>
    /// <param name="service">The process, as <c>service.name</c>; <c>OTEL_SERVICE_NAME</c> goes before it.</param>
    /// <param name="instance">Which of several, as <c>service.instance.id</c>.</param>
    /// <returns>Disposed of, it sends what is left and ends; null when nothing is sent.</returns>
    public static IDisposable? Start(string service, string instance)
    {
        if (Variables.All(name => string.IsNullOrEmpty(Environment.GetEnvironmentVariable(name))))
        {
            return null;
        }

        var resource = ResourceBuilder.CreateEmpty()
            .AddService(service, serviceVersion: typeof(MetricsExport).Assembly.GetName().Version?.ToString(3), serviceInstanceId: instance)
            .AddTelemetrySdk()
            .AddEnvironmentVariableDetector();
        return Sdk.CreateMeterProviderBuilder()
            .SetResourceBuilder(resource)
            .AddMeter("fabric.*")
            .AddOtlpExporter()
            .Build();
    }
}
