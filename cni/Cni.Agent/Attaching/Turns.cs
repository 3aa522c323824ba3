namespace Cni.Agent.Attaching;

/// <summary>Has each thing worked on by one at a time: an attachment by a request or the repetition of a removal, a port by whoever needs it.</summary>
internal sealed class Turns<TKey>
    where TKey : notnull
{
    private readonly Lock _lock = new();
    private readonly Dictionary<TKey, Turn> _turns = [];

    /// <summary>Waits for the key's turn and works within it.</summary>
    internal async Task<T> RunAsync<T>(TKey key, Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        var turn = Enter(key);
        try
        {
            await turn.Gate.WaitAsync(cancellationToken);
            try
            {
                return await work(cancellationToken);
            }
            finally
            {
                turn.Gate.Release();
            }
        }
        finally
        {
            Leave(key, turn);
        }
    }

    // An entry lives as long as somebody works or waits: taken away earlier, a newcomer would work beside them.
    private Turn Enter(TKey key)
    {
        lock (_lock)
        {
            if (!_turns.TryGetValue(key, out var turn))
            {
                _turns.Add(key, turn = new Turn());
            }

            turn.Users++;
            return turn;
        }
    }

    private void Leave(TKey key, Turn turn)
    {
        lock (_lock)
        {
            if (--turn.Users == 0)
            {
                _turns.Remove(key);
            }
        }
    }

    private sealed class Turn
    {
        internal SemaphoreSlim Gate { get; } = new(1, 1);

        internal int Users { get; set; }
    }
}
