using System.Text.Json;
using Ovs.Ovsdb.Tests.Servers;

namespace Ovs.Ovsdb.Tests;

/// <summary>What those hear who send while a connection ends.</summary>
[Trait("kind", "unit")]
public sealed class ConnectionEndTests
{
    [Fact]
    public async Task Whoever_sends_or_waits_to_send_while_the_connection_is_disposed_of_hears_that_it_was_lost()
    {
        var stream = new SlowStream();
        var connection = OvsdbConnection.Over(stream, new ConnectionLimits(TimeSpan.FromMinutes(1), 1 << 20, TimeProvider.System), (_, _) => { });
        var sending = CallAsync(connection);
        await stream.Writing.WaitAsync(Clients.Deadline);
        var waiting = CallAsync(connection);

        await connection.DisposeAsync();
        stream.EndWrite();

        foreach (var call in (Task[])[sending, waiting])
        {
            var fault = await Assert.ThrowsAsync<OvsdbException>(() => call.WaitAsync(Clients.Deadline));
            Assert.True(fault.IsTransient);
        }
    }

    private static Task<bool> CallAsync(OvsdbConnection connection) =>
        connection.CallAsync("echo", _ => { }, static (ref Utf8JsonReader _) => true, Clients.Deadline);

    /// <summary>Never has anything to read, and takes its time over a write however it is asked to stop.</summary>
    private sealed class SlowStream : Stream
    {
        private readonly TaskCompletionSource _writing = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal Task Writing => _writing.Task;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        internal void EndWrite() => _end.SetResult();

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return 0;
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _writing.TrySetResult();
            await _end.Task;
            throw new IOException("broken pipe");
        }

        public override void Flush() => throw new NotSupportedException();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
