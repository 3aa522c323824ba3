using System.Net;
using Fabric.ApiServer.Authentication;
using Fabric.ApiServer.Hosting;

namespace Fabric.ApiServer.InProcess;

/// <summary>
/// Takes requests straight into the server's pipeline, for the process that embeds it: without sockets and TLS a request
/// costs a third. Everything else is as for any other client: authorization, admission, errors, watches.
/// </summary>
internal sealed class InProcessHandler(RequestPipeline pipeline, UserInfo user, CancellationToken stopping) : HttpMessageHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (stopping.IsCancellationRequested) throw new HttpRequestException(HttpRequestError.ConnectionError, "the server has stopped");
        if (request.RequestUri!.AbsolutePath.Contains("%00", StringComparison.Ordinal))
        {
            // As a connection is answered, before anybody looks at the request.
            return new HttpResponseMessage(HttpStatusCode.BadRequest) { RequestMessage = request };
        }

        var exchange = new InProcessExchange(request, user);
        try
        {
            using (cancellationToken.UnsafeRegister(static e => ((InProcessExchange)e!).Abort(), exchange))
                await exchange.BeginAsync(pipeline);
            cancellationToken.ThrowIfCancellationRequested();
            return exchange.ToResponse(request);
        }
        catch
        {
            exchange.Dispose();
            throw;
        }
    }
}
