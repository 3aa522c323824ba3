using System.Net;
using Fabric.Telemetry.Collection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Fabric.Telemetry.Exposition;

/// <summary>Serves <c>/metrics</c> on loopback: whoever is on the machine may read, and nobody is asked who they are.</summary>
public sealed class MetricsEndpoint : IAsyncDisposable
{
    private readonly WebApplication _web;

    private MetricsEndpoint(WebApplication web) => _web = web;

    /// <summary>Listens in the network namespace of the calling thread.</summary>
    /// <param name="endpoint">An address of loopback.</param>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<MetricsEndpoint> StartAsync(IPEndPoint endpoint, MetricsCollector collector, ILoggerFactory logs, CancellationToken cancellationToken)
    {
        if (!IPAddress.IsLoopback(endpoint.Address))
        {
            throw new ArgumentException($"{endpoint} is not on loopback", nameof(endpoint));
        }

        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = typeof(MetricsEndpoint).Assembly.GetName().Name });
        builder.Services.AddSingleton(logs);
        builder.Services.AddSingleton<IHostLifetime, CallersLifetime>();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 0;
            kestrel.Limits.MaxConcurrentConnections = 16;
            kestrel.Listen(endpoint, listen => listen.Protocols = HttpProtocols.Http1);
        });
        var web = builder.Build();
        web.Run(context => AnswerAsync(context, collector));
        await web.StartAsync(cancellationToken);
        return new MetricsEndpoint(web);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _web.DisposeAsync();

    private static Task AnswerAsync(HttpContext context, MetricsCollector collector)
    {
        var response = context.Response;
        response.ContentType = "text/plain; charset=utf-8";
        if (context.Request.Path != "/metrics")
        {
            response.StatusCode = StatusCodes.Status404NotFound;
            return response.WriteAsync("there is /metrics\n");
        }

        if (!HttpMethods.IsGet(context.Request.Method))
        {
            response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            return Task.CompletedTask;
        }

        response.ContentType = PrometheusText.ContentType;
        return response.WriteAsync(PrometheusText.Write(collector.Collect()));
    }

    /// <summary>The program that embeds this ends it; the usual lifetime would take its signals.</summary>
    private sealed class CallersLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
