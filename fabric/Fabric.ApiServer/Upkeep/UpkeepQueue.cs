using System.Threading.Channels;

namespace Fabric.ApiServer.Upkeep;

/// <summary>Tasks that wait, each once. Bounded by the objects that exist.</summary>
internal sealed class UpkeepQueue
{
    private readonly Lock _lock = new();
    private readonly HashSet<UpkeepTask> _waiting = [];
    private readonly Channel<UpkeepTask> _order = Channel.CreateUnbounded<UpkeepTask>(new UnboundedChannelOptions { SingleReader = true });

    public void Add(IEnumerable<UpkeepTask> tasks)
    {
        lock (_lock)
        {
            foreach (var task in tasks)
            {
                if (_waiting.Add(task)) _order.Writer.TryWrite(task);
            }
        }
    }

    /// <summary>The next task. One that is added again from now on will be done again.</summary>
    public async Task<UpkeepTask> TakeAsync(CancellationToken cancellationToken)
    {
        var task = await _order.Reader.ReadAsync(cancellationToken);
        lock (_lock)
            _waiting.Remove(task);
        return task;
    }
}
