using System.Globalization;
using System.Runtime.InteropServices;
using Lab.Runner.Interop;

namespace Lab.Runner.Processes;

/// <summary>One process and no later one that was given the same number.</summary>
/// <param name="Pid">Process number in the host's pid namespace.</param>
/// <param name="StartTicks">Field 22 of <c>/proc/PID/stat</c>: clock ticks between boot and the start of the process (proc(5)).</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct ProcessIdentity(int Pid, ulong StartTicks)
{
    /// <summary>Whether this very process runs; a zombie has ended.</summary>
    public bool IsAlive => TryReadStat(Pid, out char state, out ulong start) && start == StartTicks && state is not ('Z' or 'X');

    /// <summary>Reads the identity of a running process.</summary>
    /// <returns>Null when no such process runs.</returns>
    public static ProcessIdentity? Of(int pid) =>
        TryReadStat(pid, out char state, out ulong start) && state is not ('Z' or 'X') ? new ProcessIdentity(pid, start) : null;

    /// <summary>Asks the process to end, and ends it when it has not after the time given. A process that is gone is no error.</summary>
    public async Task StopAsync(TimeSpan grace, CancellationToken cancellationToken)
    {
        if (!Signal(Libc.SigTerm) || await EndedWithinAsync(grace, cancellationToken))
        {
            return;
        }

        Signal(Libc.SigKill);
        if (!await EndedWithinAsync(TimeSpan.FromSeconds(5), cancellationToken))
        {
            throw new InvalidOperationException($"process {Pid} does not end after SIGKILL: it is stuck in the kernel (see /proc/{Pid}/stack)");
        }
    }

    /// <summary>Waits until the process has ended.</summary>
    /// <returns>False when it still runs after the time given.</returns>
    public async Task<bool> EndedWithinAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        long deadline = Environment.TickCount64 + (long)time.TotalMilliseconds;
        while (IsAlive)
        {
            if (Environment.TickCount64 >= deadline)
            {
                return false;
            }

            await Task.Delay(10, cancellationToken);
        }

        return true;
    }

    /// <summary>Sends a signal if the process still is the one meant.</summary>
    /// <returns>False when it is gone.</returns>
    internal bool Signal(int signal) => IsAlive && Libc.Kill(Pid, signal) == 0;

    private static bool TryReadStat(int pid, out char state, out ulong start)
    {
        (state, start) = ('X', 0);
        string stat;
        try
        {
            stat = File.ReadAllText($"/proc/{pid}/stat");
        }
        catch (IOException)
        {
            return false;
        }

        // The second field is the command in parentheses and may itself hold spaces and parentheses.
        int after = stat.LastIndexOf(')');
        string[] fields = after < 0 ? [] : stat[(after + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length < 20 || !ulong.TryParse(fields[19], NumberStyles.None, CultureInfo.InvariantCulture, out start))
        {
            return false;
        }

        state = fields[0][0];
        return true;
    }
}
