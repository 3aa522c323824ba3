using System.Buffers;
using System.IO.Pipelines;

namespace Fabric.Kube.Transport;

/// <summary>Reads a stream line by line, as the bytes that the JSON parser takes: as text each would be converted there and back.</summary>
/// <param name="operation">For messages.</param>
/// <param name="stream">Is disposed with this.</param>
internal sealed class LineReader(string operation, Stream stream) : IDisposable
{
    private readonly PipeReader _pipe = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 16 << 10));
    private SequencePosition? _read;

    /// <summary>Reads the next line.</summary>
    /// <param name="either">Ends the wait: the caller's own wish, or the time that a stream may be silent.</param>
    /// <param name="cancellationToken">The caller's own wish.</param>
    /// <returns>The line without its end, until the next call; null at the end of the stream. The last one may have been cut off.</returns>
    /// <exception cref="KubeException">The stream broke.</exception>
    public async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(CancellationToken either, CancellationToken cancellationToken)
    {
        if (_read is { } read)
            _pipe.AdvanceTo(read);
        _read = null;
        try
        {
            while (true)
            {
                var result = await _pipe.ReadAsync(either);
                var buffer = result.Buffer;
                if (buffer.PositionOf((byte)'\n') is { } end)
                {
                    _read = buffer.GetPosition(1, end);
                    return Whole(buffer.Slice(0, end));
                }
                if (result.IsCompleted && buffer.IsEmpty)
                    return null;
                if (result.IsCompleted)
                {
                    _read = buffer.End;
                    return Whole(buffer);
                }
                _pipe.AdvanceTo(buffer.Start, buffer.End);
            }
        }
        catch (Exception e) when (e is IOException or HttpRequestException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new KubeException(operation, code: null, "Unreachable", $"the watch broke: {e.Message}", e);
        }
    }

    public void Dispose() => _pipe.Complete();

    private static ReadOnlyMemory<byte> Whole(ReadOnlySequence<byte> line) => line.IsSingleSegment ? line.First : line.ToArray();
}
