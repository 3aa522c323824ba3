namespace Fabric.Bench.Machine;

/// <summary>What a process has used so far.</summary>
/// <param name="Cpu">Processor time of all its threads, user and system.</param>
/// <param name="ResidentBytes">Memory resident now.</param>
/// <param name="PeakResidentBytes">The most memory that was ever resident.</param>
public readonly record struct ProcessUsage(TimeSpan Cpu, long ResidentBytes, long PeakResidentBytes)
{
    // USER_HZ, which has been 100 on every architecture .NET runs on.
    private const long TicksPerSecond = 100;

    /// <summary>Reads what a process has used (proc_pid_stat(5), proc_pid_status(5)).</summary>
    /// <exception cref="BenchException">It has ended.</exception>
    public static ProcessUsage Of(int pid)
    {
        try
        {
            return Parse(File.ReadAllText($"/proc/{pid}/stat"), File.ReadAllLines($"/proc/{pid}/status"));
        }
        catch (Exception e) when (e is IOException or FormatException)
        {
            throw new BenchException($"process {pid} ended while it was measured", e);
        }
    }

    internal static ProcessUsage Parse(string stat, IReadOnlyCollection<string> status)
    {
        // The name, in parentheses, may hold anything: what follows the last one is separated by blanks.
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        var ticks = long.Parse(fields[11]) + long.Parse(fields[12]);
        return new(
            TimeSpan.FromTicks(ticks * (TimeSpan.TicksPerSecond / TicksPerSecond)),
            ProcFile.Kibibytes(status, "VmRSS") * 1024,
            ProcFile.Kibibytes(status, "VmHWM") * 1024);
    }
}
