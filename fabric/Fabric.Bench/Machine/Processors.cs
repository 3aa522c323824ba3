using System.Runtime.ExceptionServices;
using Lab.Runner.Processes;

namespace Fabric.Bench.Machine;

/// <summary>
/// Has the two ends of what is measured stay on two processors. Where the kernel puts a thread that wakes decides whether a round trip takes 25 or
/// 100 microseconds, and it may put the ends of one path together and those of another apart.
/// </summary>
internal static class Processors
{
    /// <summary>Runs both on threads of their own, on the first and on the last processor that this process may use, until both have ended.</summary>
    /// <exception cref="Lab.Runner.State.LabException">The kernel does not let a thread choose its processor.</exception>
    internal static void RunApart(Action first, Action last) => Run(new Pinned(first, isFirst: true), new Pinned(last, isFirst: false));

    /// <summary>Runs both on threads of their own, on the first processor that this process may use, until both have ended: neither ever wakes another processor.</summary>
    /// <inheritdoc cref="RunApart" path="/exception"/>
    internal static void RunTogether(Action one, Action other) => Run(new Pinned(one, isFirst: true), new Pinned(other, isFirst: true));

    /// <summary>Runs this on a thread of its own, on the first processor that this process may use.</summary>
    /// <inheritdoc cref="RunApart" path="/exception"/>
    internal static void RunAlone(Action work) => Run(new Pinned(work, isFirst: true));

    private static void Run(params ReadOnlySpan<Pinned> threads)
    {
        foreach (var each in threads)
        {
            each.Join();
        }
    }

    /// <summary>A thread that stays, and what it failed of.</summary>
    private sealed class Pinned
    {
        private readonly Thread _thread;
        private ExceptionDispatchInfo? _fault;

        internal Pinned(Action work, bool isFirst)
        {
            _thread = new Thread(() =>
            {
                try
                {
                    ThreadPlace.Stay(isFirst);
                    work();
                }
                catch (Exception e)
                {
                    _fault = ExceptionDispatchInfo.Capture(e);
                }
            });
            _thread.Start();
        }

        internal void Join()
        {
            _thread.Join();
            _fault?.Throw();
        }
    }
}
