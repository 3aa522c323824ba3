using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using Fabric.Telemetry.Collection;
using Fabric.Telemetry.Exposition;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Telemetry.Tests.Exposition;

public sealed class MetricsEndpointTests
{
    [Fact]
    public async Task Metrics_are_served_and_nothing_else()
    {
        using var meter = new Meter("fabric.test");
        using var collector = new MetricsCollector(each => each == meter);
        meter.CreateUpDownCounter<int>("fabric.test.open").Add(4);
        var endpoint = new IPEndPoint(IPAddress.Loopback, FreePort());
        await using var server = await MetricsEndpoint.StartAsync(endpoint, collector, NullLoggerFactory.Instance, TestContext.Current.CancellationToken);
        using var client = new HttpClient { BaseAddress = new Uri($"http://{endpoint}") };

        using var answer = await client.GetAsync("/metrics", TestContext.Current.CancellationToken);
        using var elsewhere = await client.GetAsync("/", TestContext.Current.CancellationToken);
        using var other = await client.DeleteAsync("/metrics", TestContext.Current.CancellationToken);

        Assert.Equal(PrometheusText.ContentType, answer.Content.Headers.ContentType?.ToString());
        var sample = Assert.Single(PrometheusReader.Read(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)));
        Assert.Equal(("fabric_test_open", 4), (sample.Name, sample.Value));
        Assert.Equal(HttpStatusCode.NotFound, elsewhere.StatusCode);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, other.StatusCode);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_a_fault_and_an_address_beyond_loopback_a_bug()
    {
        using var collector = new MetricsCollector(_ => false);
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();

        await Assert.ThrowsAsync<IOException>(
            () => MetricsEndpoint.StartAsync((IPEndPoint)taken.LocalEndpoint, collector, NullLoggerFactory.Instance, TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<ArgumentException>(
            () => MetricsEndpoint.StartAsync(new IPEndPoint(IPAddress.Any, 0), collector, NullLoggerFactory.Instance, TestContext.Current.CancellationToken));
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
