using System.Collections.Concurrent;
using System.ComponentModel;
using System.Runtime.InteropServices;
using Lab.Runner.Interop;
using Microsoft.Win32.SafeHandles;

namespace Lab.Runner.Processes;

/// <summary>
/// A thread that is in a network namespace: what it starts and opens is there too. A program started by it needs no
/// <c>nsenter</c> before it, which would take part of its time.
/// </summary>
public sealed class NamespaceThread : IDisposable
{
    private readonly BlockingCollection<Action> _work = [];
    private readonly Thread _thread;

    private NamespaceThread(string name, TaskCompletionSource entered)
    {
        _thread = new Thread(() => Run(name, entered)) { IsBackground = true, Name = $"in {name}" };
        _thread.Start();
    }

    /// <summary>Enters a namespace of <c>/run/netns</c>.</summary>
    /// <exception cref="IOException">The namespace is gone or may not be entered.</exception>
    public static async Task<NamespaceThread> EnterAsync(string name)
    {
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new NamespaceThread(name, entered);
        try
        {
            await entered.Task;
            return thread;
        }
        catch
        {
            thread.Dispose();
            throw;
        }
    }

    /// <summary>Does something on the thread, after what was asked for before.</summary>
    public Task<T> RunAsync<T>(Func<T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add(() =>
        {
            try
            {
                done.SetResult(work());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        });
        return done.Task;
    }

    /// <summary>Ends the thread when it has done what was asked for.</summary>
    public void Dispose()
    {
        _work.CompleteAdding();
        _thread.Join();
        _work.Dispose();
    }

    private void Run(string name, TaskCompletionSource entered)
    {
        try
        {
            using SafeFileHandle handle = File.OpenHandle($"/run/netns/{name}");
            if (Libc.SetNs(handle, Libc.CloneNewNet) != 0)
            {
                throw new Win32Exception(Marshal.GetLastPInvokeError());
            }
        }
        catch (Exception e) when (e is IOException or Win32Exception or UnauthorizedAccessException)
        {
            entered.SetException(new IOException($"cannot enter network namespace {name}: {e.Message}", e));
            return;
        }

        entered.SetResult();
        foreach (Action action in _work.GetConsumingEnumerable())
        {
            action();
        }
    }
}
