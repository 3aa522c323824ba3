namespace Fabric.ApiServer.Hosting;

/// <summary>Disposes what was opened when opening the rest fails.</summary>
internal sealed class UndoStack : IAsyncDisposable
{
    private readonly Stack<object> _opened = new();

    public T Add<T>(T opened)
        where T : class
    {
        _opened.Push(opened);
        return opened;
    }

    /// <summary>Everything went well: nothing is disposed.</summary>
    public void Keep() => _opened.Clear();

    public async ValueTask DisposeAsync()
    {
        while (_opened.TryPop(out var opened))
        {
            if (opened is IAsyncDisposable asynchronous) await asynchronous.DisposeAsync();
            else (opened as IDisposable)?.Dispose();
        }
    }
}
