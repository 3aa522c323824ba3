using Microsoft.Extensions.Hosting;

namespace Fabric.ApiServer.Hosting;

/// <summary>Leaves signals to the process that embeds the server.</summary>
internal sealed class EmbeddedLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
