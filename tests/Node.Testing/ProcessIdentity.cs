using System.Globalization;

namespace Node.Testing;

/// <summary>A process that cannot be mistaken for a later one of the same number: pid and start time, proc(5).</summary>
public readonly record struct ProcessIdentity(int Pid, ulong StartTicks)
{
    public bool IsAlive => TryGet(Pid, out var now) && now == this;

    public static ProcessIdentity Current => TryGet(Environment.ProcessId, out var self)
        ? self
        : throw new InvalidOperationException("/proc does not show this process");

    /// <summary>Reads who has the number now; a process that has ended but was not yet waited for does not count.</summary>
    public static bool TryGet(int pid, out ProcessIdentity identity)
    {
        identity = default;
        try
        {
            // The name, in parentheses, may hold anything: what follows the last one is separated by blanks.
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            if (fields[0] is "Z" or "X")
                return false;
            identity = new(pid, ulong.Parse(fields[19], CultureInfo.InvariantCulture));
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
