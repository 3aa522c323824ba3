namespace Fabric.Bench.Machine;

/// <summary>How many threads ran or wanted to, over the last one, five and fifteen minutes (proc_loadavg(5)).</summary>
public readonly record struct LoadAverage(double OneMinute, double FiveMinutes, double FifteenMinutes)
{
    internal IEnumerable<double> Values => [OneMinute, FiveMinutes, FifteenMinutes];

    /// <summary>Reads it now.</summary>
    public static LoadAverage Read() => Parse(File.ReadAllText("/proc/loadavg"));

    internal static LoadAverage Parse(string text)
    {
        var fields = text.Split(' ');
        return new(double.Parse(fields[0]), double.Parse(fields[1]), double.Parse(fields[2]));
    }

    /// <summary>The three, as uptime(1) prints them.</summary>
    public override string ToString() => $"{OneMinute:0.00} {FiveMinutes:0.00} {FifteenMinutes:0.00}";
}
