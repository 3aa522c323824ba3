using System.Diagnostics.Metrics;
using System.Net;
using System.Text;
using Fabric.Telemetry.Otlp;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Fabric.Telemetry.Tests.Otlp;

/// <summary>What a receiver of OTLP over HTTP gets; the variables are the process's, so these tests go one after the other.</summary>
public sealed class MetricsExportTests
{
    private const string Variable = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string Protocol = "OTEL_EXPORTER_OTLP_PROTOCOL";

    [Fact]
    public void Nothing_is_sent_unless_the_environment_says_where_to() => Assert.Null(MetricsExport.Start("fabric-test", "one"));

    [Fact]
    public async Task Metrics_reach_a_receiver_with_the_name_of_the_service()
    {
        var received = new TaskCompletionSource<(string Path, string? Type, byte[] Body)>(TaskCreationOptions.RunContinuationsAsynchronously);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        await using var receiver = builder.Build();
        receiver.Run(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            received.TrySetResult((context.Request.Path, context.Request.ContentType, body.ToArray()));
        });
        await receiver.StartAsync(TestContext.Current.CancellationToken);
        var address = receiver.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        Environment.SetEnvironmentVariable(Variable, address);
        Environment.SetEnvironmentVariable(Protocol, "http/protobuf");
        try
        {
            using var meter = new Meter("fabric.exported");
            using var foreign = new Meter("other.exported");
            using (MetricsExport.Start("fabric-test", "one"))
            {
                meter.CreateCounter<int>("fabric.exported.things").Add(1);
                foreign.CreateCounter<int>("other.things").Add(1);
            }

            var (path, type, body) = await received.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

            Assert.Equal("/v1/metrics", path);
            Assert.Equal("application/x-protobuf", type);
            var text = Encoding.Latin1.GetString(body);
            Assert.Contains("fabric.exported.things", text, StringComparison.Ordinal);
            Assert.Contains("fabric-test", text, StringComparison.Ordinal);
            Assert.DoesNotContain("other.things", text, StringComparison.Ordinal);
        }
        finally
        {
            Environment.SetEnvironmentVariable(Variable, null);
            Environment.SetEnvironmentVariable(Protocol, null);
        }
    }
}
