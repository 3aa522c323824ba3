using System.IO.Pipelines;

namespace Fabric.ApiServer.InProcess;

/// <summary>A body that says when it is first flushed: then the answer's status and headers can no longer change.</summary>
internal sealed class StartingWriter(PipeWriter inner, Action start) : PipeWriter
{
    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => inner.UnflushedBytes;

    public override void Advance(int bytes) => inner.Advance(bytes);

    public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        start();
        return inner.FlushAsync(cancellationToken);
    }

    public override void CancelPendingFlush() => inner.CancelPendingFlush();

    /// <summary>The exchange completes the body, when the request has been carried out.</summary>
    public override void Complete(Exception? exception = null)
    {
    }
}
