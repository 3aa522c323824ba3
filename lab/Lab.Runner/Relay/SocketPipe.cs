using System.Buffers;
using System.Net.Sockets;

namespace Lab.Runner.Relay;

/// <summary>Carries bytes from one socket to another.</summary>
internal static class SocketPipe
{
    // A side that has finished sending may still receive, so only its half is closed.
    internal static async Task CopyAsync(Socket from, Socket to, CancellationToken cancellationToken)
    {
        // As much as a socket holds: who moves a guest on a busy machine waits for its turn each time.
        var buffer = ArrayPool<byte>.Shared.Rent(256 * 1024);
        try
        {
            await CopyAsync(from, to, buffer, cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async Task CopyAsync(Socket from, Socket to, byte[] buffer, CancellationToken cancellationToken)
    {
        for (int read; (read = await from.ReceiveAsync(buffer, cancellationToken)) > 0;)
        {
            for (int sent = 0; sent < read;)
            {
                sent += await to.SendAsync(buffer.AsMemory(sent..read), cancellationToken);
            }
        }

        to.Shutdown(SocketShutdown.Send);
    }
}
