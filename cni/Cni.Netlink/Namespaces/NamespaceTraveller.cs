using System.Collections.Concurrent;
using Cni.Netlink.Interop;
using Microsoft.Win32.SafeHandles;

namespace Cni.Netlink;

/// <summary>
/// A thread that enters a network namespace, does one thing there and comes home to the namespace of the process. It is kept for
/// the next journey, because starting a thread takes longer than most of what is done on one. One that cannot come home ends.
/// </summary>
/// <remarks>setns(2) moves one thread: none of the thread pool's may make the journey, for others would find it elsewhere.</remarks>
internal sealed class NamespaceTraveller
{
    private const int StackBytes = 256 * 1024;
    private const int MostWaiting = 4;

    private static readonly ConcurrentStack<NamespaceTraveller> Waiting = new();

    // Of the process, and not of whichever thread asks first.
    private static readonly SafeFileHandle Home = File.OpenHandle("/proc/self/ns/net");

    private readonly object _called = new();
    private Journey? _journey;

    private NamespaceTraveller() => new Thread(Travel, StackBytes) { IsBackground = true, Name = "netns" }.Start();

    /// <summary>Has a thread go there and back.</summary>
    /// <param name="enter">Brings the thread into the namespace; what it throws is the outcome.</param>
    /// <param name="work">What is done there; it must not wait.</param>
    /// <returns>What <paramref name="work"/> returns.</returns>
    internal static Task<T> GoAsync<T>(Action enter, Func<T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var traveller = Waiting.TryPop(out var waiting) ? waiting : new NamespaceTraveller();
        // What is known to the caller's flow is known on the journey too.
        var flow = ExecutionContext.Capture();
        traveller.Call(() =>
        {
            try
            {
                enter();
                var result = default(T)!;
                Follow(flow, () => result = work());
                return () => done.SetResult(result);
            }
            catch (Exception e)
            {
                return () => done.SetException(e);
            }
        });
        return done.Task;
    }

    private void Call(Journey journey)
    {
        lock (_called)
        {
            _journey = journey;
            Monitor.Pulse(_called);
        }
    }

    private Journey WaitForCall()
    {
        lock (_called)
        {
            while (_journey is null)
                Monitor.Wait(_called);
            var journey = _journey;
            _journey = null;
            return journey;
        }
    }

    private static void Follow(ExecutionContext? flow, Action work)
    {
        if (flow is null)
            work();
        else
            ExecutionContext.Run(flow, static work => ((Action)work!)(), work);
    }

    private void Travel()
    {
        var isHome = true;
        while (isHome)
        {
            var tell = WaitForCall()();
            isHome = LibC.setns(Home, LibC.CLONE_NEWNET) == 0 && Waiting.Count < MostWaiting;
            if (isHome)
                Waiting.Push(this);
            tell();
        }
    }

    /// <summary>Goes and works; returns how to tell of it.</summary>
    private delegate Action Journey();
}
