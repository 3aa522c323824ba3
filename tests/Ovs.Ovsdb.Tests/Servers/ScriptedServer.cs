using System.IO.Pipelines;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Ovs.Ovsdb.Tests.Servers;

/// <summary>Plays a server message by message, for what a real one does not do on demand.</summary>
internal sealed class ScriptedServer : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fabric-ovsdb-").FullName;
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    internal ScriptedServer()
    {
        var path = Path.Combine(_folder, "sock");
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen();
        Endpoint = OvsdbEndpoint.Unix(path);
    }

    internal OvsdbEndpoint Endpoint { get; }

    internal async Task<Peer> AcceptAsync() => new(new NetworkStream(await _listener.AcceptAsync(Clients.Deadline), ownsSocket: true));

    public void Dispose()
    {
        _listener.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>The server's end of one connection.</summary>
    internal sealed class Peer(NetworkStream stream) : IDisposable
    {
        private readonly PipeReader _reader = PipeReader.Create(stream);
        private JsonFramer _framer = new(1 << 20);

        /// <summary>The next message of the client, which must be a request of this method.</summary>
        internal async Task<JsonElement> ExpectAsync(string method)
        {
            while (true)
            {
                var read = await _reader.ReadAsync(Clients.Deadline);
                var buffer = read.Buffer;
                if (_framer.TryTake(ref buffer, out var frame))
                {
                    using var document = JsonDocument.Parse(frame);
                    var message = document.RootElement.Clone();
                    _reader.AdvanceTo(buffer.Start);
                    Assert.Equal(method, message.TryGetProperty("method", out var name) ? name.GetString() : "(reply)");
                    return message;
                }

                _reader.AdvanceTo(buffer.Start, buffer.End);
                Assert.False(read.IsCompleted, $"The client closed the connection where {method} was expected.");
            }
        }

        /// <summary>Waits until the client closes the connection.</summary>
        internal async Task ExpectEndAsync()
        {
            while (await _reader.ReadAsync(Clients.Deadline) is { IsCompleted: false } read)
            {
                _reader.AdvanceTo(read.Buffer.End);
            }
        }

        internal ValueTask SendAsync(string json) => stream.WriteAsync(Encoding.UTF8.GetBytes(json), Clients.Deadline);

        internal ValueTask ReplyAsync(JsonElement request, string result) =>
            SendAsync($$"""{"error":null,"result":{{result}},"id":{{request.GetProperty("id").GetRawText()}}}""");

        internal ValueTask RefuseAsync(JsonElement request, string error) =>
            SendAsync($$"""{"id":{{request.GetProperty("id").GetRawText()}},"result":null,"error":{{error}}}""");

        public void Dispose() => stream.Dispose();
    }
}
