using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using Fabric.ApiServer.Authentication;
using Fabric.ApiServer.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Fabric.ApiServer.Hosting;

/// <summary>Kestrel, with the limits of an API server: TLS only, HTTP/1.1 and HTTP/2.</summary>
internal static class WebHost
{
    /// <summary>Requests and watches on one HTTP/2 connection; clients put all their watches on one.</summary>
    private const int StreamsPerConnection = 1000;

    private const int MaxHeaderBytes = 64 << 10;

    /// <summary>Requests in flight at a shutdown get this long; watches are ended before.</summary>
    private static readonly TimeSpan ShutdownTime = TimeSpan.FromSeconds(5);

    /// <summary>
    /// As long as kube-apiserver waits for a handshake and the request's headers. Kestrel's own 10 s is short for a machine
    /// that is busy with something else: connections that come in a burst are then hung up on in the middle of theirs.
    /// </summary>
    private static readonly TimeSpan HandshakeTime = TimeSpan.FromSeconds(32);

    public static WebApplication Build(ApiServerOptions options, CertificateStore certificates, RequestPipeline pipeline)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = typeof(WebHost).Assembly.GetName().Name });
        builder.Services.AddSingleton(options.LoggerFactory);
        builder.Services.AddSingleton<IHostLifetime, EmbeddedLifetime>();
        builder.Services.Configure<HostOptions>(h => h.ShutdownTimeout = ShutdownTime);
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = RequestBody.MaxDrainedBytes;
            kestrel.Limits.MaxRequestHeadersTotalSize = MaxHeaderBytes;
            kestrel.Limits.MaxRequestLineSize = 16 << 10;
            kestrel.Limits.Http2.MaxStreamsPerConnection = StreamsPerConnection;
            kestrel.Limits.Http2.MaxRequestHeaderFieldSize = 16 << 10;
            foreach (var endpoint in options.Listen)
            {
                kestrel.Listen(endpoint, listen =>
                {
                    listen.Protocols = HttpProtocols.Http1AndHttp2;
                    listen.UseHttps(new TlsHandshakeCallbackOptions
                    {
                        HandshakeTimeout = HandshakeTime,
                        OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions
                        {
                            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                            ServerCertificateContext = certificates.Current,
                        }),
                    });
                });
            }
        });
        var web = builder.Build();
        web.Run(pipeline.InvokeAsync);
        return web;
    }

    /// <summary>Where the server listens, in the order of the options.</summary>
    public static IReadOnlyList<IPEndPoint> Endpoints(WebApplication web)
    {
        var addresses = web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        return [.. addresses.Select(a => IPEndPoint.Parse(new Uri(a).Authority))];
    }
}
