using System.Diagnostics;

namespace Cni.Datapath.Tests.Traffic;

/// <summary>Exchanges one after the other on a thread of its own, and knows when the last was answered.</summary>
internal sealed class AnswerStream : IDisposable
{
    private readonly IDisposable[] _owned;
    private readonly Thread _thread;
    private volatile bool _ended;
    private long _answers;
    private long _asked;
    private long _last;
    private long _inVain;

    public AnswerStream(Func<bool> exchange, params IDisposable[] owned)
    {
        _owned = owned;
        _thread = new Thread(() =>
        {
            while (!_ended)
            {
                Interlocked.Increment(ref _asked);
                if (exchange())
                {
                    Interlocked.Exchange(ref _last, Stopwatch.GetTimestamp());
                    Interlocked.Increment(ref _answers);
                    Interlocked.Exchange(ref _inVain, 0);
                }
                else
                {
                    Interlocked.Increment(ref _inVain);
                }

                // About a thousand a second, so that two cores are left for what is tested.
                Thread.SpinWait(1);
                Thread.Yield();
            }
        })
        {
            IsBackground = true,
        };
        _thread.Start();
    }

    public long Answers => Interlocked.Read(ref _answers);

    public long Asked => Interlocked.Read(ref _asked);

    /// <summary>How many were not answered: of a stream that loses nothing, at most the one that is under way.</summary>
    public long Unanswered
    {
        get
        {
            while (true)
            {
                // Of one moment: it goes on while both are read.
                var (answers, asked) = (Answers, Asked);
                if (answers == Answers)
                    return asked - answers;
            }
        }
    }

    /// <summary>How often it has asked since the last answer.</summary>
    public long InVain => Interlocked.Read(ref _inVain);

    /// <summary>When the last answer came, in the ticks of <see cref="Stopwatch"/>.</summary>
    public long LastAnswer => Interlocked.Read(ref _last);

    public void Dispose()
    {
        _ended = true;
        _thread.Join();
        foreach (var owned in _owned)
            owned.Dispose();
    }
}
