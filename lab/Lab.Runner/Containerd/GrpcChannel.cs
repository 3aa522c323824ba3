using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Google.Protobuf;

namespace Lab.Runner.Containerd;

/// <summary>Unary gRPC calls over HTTP/2 on a unix socket.</summary>
/// <remarks>
/// The wire form is gRPC's "HTTP/2 protocol mapping": a POST whose body is one message behind five bytes (a compression flag,
/// always 0 here, and the length in network order), answered in kind, the outcome in the trailer <c>grpc-status</c>.
/// </remarks>
internal sealed class GrpcChannel : IDisposable
{
    private const int HeaderSize = 5;
    private const int MaxMessage = 16 << 20; // What containerd's own client accepts.
    private readonly HttpMessageInvoker _http;

    /// <summary>Names the socket; the first call connects.</summary>
    public GrpcChannel(string socketPath)
    {
        var endpoint = new UnixDomainSocketEndPoint(socketPath);
        _http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            ActivityHeadersPropagator = null,
            EnableMultipleHttp2Connections = true,
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(endpoint, cancellationToken);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        });
    }

    /// <summary>Makes one call.</summary>
    /// <param name="service">Full service name, e.g. <c>runtime.v1.RuntimeService</c>.</param>
    /// <param name="method">Method name.</param>
    /// <param name="request">The message.</param>
    /// <param name="parser">Reads the answer.</param>
    /// <param name="deadline">Told to the server and kept here.</param>
    /// <param name="cancellationToken">Gives the call up.</param>
    /// <exception cref="CriException">The server refused, or was not reached in time.</exception>
    public async Task<TResponse> CallAsync<TResponse>(string service, string method, IMessage request, MessageParser<TResponse> parser, TimeSpan deadline, CancellationToken cancellationToken)
        where TResponse : class, IMessage<TResponse>
    {
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timer.CancelAfter(deadline);
        try
        {
            using HttpRequestMessage message = Request(service, method, request, deadline);
            using HttpResponseMessage response = await _http.SendAsync(message, timer.Token);
            byte[] body = await ReadAsync(response, method, timer.Token);
            ThrowUnlessOk(method, response);
            return parser.ParseFrom(Unframe(method, body));
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CriException(method, CriStatus.DeadlineExceeded, $"no answer within {deadline.TotalSeconds:0} s", e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new CriException(method, CriStatus.Unavailable, e.Message, e);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new CriException(method, CriStatus.Internal, e.Message, e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    /// <summary>Puts a message behind its five bytes.</summary>
    internal static byte[] Frame(IMessage message)
    {
        byte[] frame = new byte[HeaderSize + message.CalculateSize()];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), frame.Length - HeaderSize);
        message.WriteTo(frame.AsSpan(HeaderSize));
        return frame;
    }

    /// <summary>Takes the one message out of a body.</summary>
    /// <exception cref="CriException">The body is not exactly one uncompressed message.</exception>
    internal static ReadOnlySpan<byte> Unframe(string method, ReadOnlySpan<byte> body)
    {
        if (body.Length < HeaderSize)
        {
            throw new CriException(method, CriStatus.Internal, body.IsEmpty ? "the answer holds no message" : "the answer is cut short");
        }

        if (body[0] != 0)
        {
            throw new CriException(method, CriStatus.Internal, "the answer is compressed, which was not offered");
        }

        uint length = BinaryPrimitives.ReadUInt32BigEndian(body[1..]);
        return length == (uint)(body.Length - HeaderSize)
            ? body[HeaderSize..]
            : throw new CriException(method, CriStatus.Internal, $"the answer claims {length} bytes and has {body.Length - HeaderSize}");
    }

    private static HttpRequestMessage Request(string service, string method, IMessage request, TimeSpan deadline)
    {
        var content = new ByteArrayContent(Frame(request));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        var message = new HttpRequestMessage(HttpMethod.Post, new Uri($"http://localhost/{service}/{method}"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        message.Headers.TryAddWithoutValidation("te", "trailers");
        message.Headers.TryAddWithoutValidation("grpc-timeout", string.Create(CultureInfo.InvariantCulture, $"{(long)deadline.TotalMilliseconds}m"));
        return message;
    }

    private static async Task<byte[]> ReadAsync(HttpResponseMessage response, string method, CancellationToken cancellationToken)
    {
        using Stream body = await response.Content.ReadAsStreamAsync(cancellationToken);
        using var whole = new MemoryStream();
        byte[] piece = new byte[64 * 1024];
        for (int read; (read = await body.ReadAsync(piece, cancellationToken)) > 0;)
        {
            if (whole.Length + read > MaxMessage)
            {
                throw new CriException(method, CriStatus.ResourceExhausted, $"the answer is larger than {MaxMessage} bytes");
            }

            whole.Write(piece, 0, read);
        }

        return whole.ToArray();
    }

    private static void ThrowUnlessOk(string method, HttpResponseMessage response)
    {
        // A call that fails at once has its status among the headers ("trailers only").
        string? code = Field(response.TrailingHeaders, "grpc-status") ?? Field(response.Headers, "grpc-status");
        if (code is null)
        {
            throw new CriException(method, CriStatus.Unknown, $"the answer has no grpc-status (HTTP {(int)response.StatusCode})");
        }

        if (code != "0")
        {
            string detail = Field(response.TrailingHeaders, "grpc-message") ?? Field(response.Headers, "grpc-message") ?? "";
            throw new CriException(method, int.TryParse(code, CultureInfo.InvariantCulture, out int number) ? (CriStatus)number : CriStatus.Unknown, Uri.UnescapeDataString(detail));
        }
    }

    private static string? Field(HttpHeaders headers, string name) =>
        headers.NonValidated.TryGetValues(name, out HeaderStringValues values) ? values.ToString() : null;
}
