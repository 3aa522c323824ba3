namespace Node.Testing;

/// <summary>A network namespace of a test's own, with its loopback up and IPv6's noise off unless asked for.</summary>
public sealed class TestNetns : IDisposable
{
    private static int _count;

    public TestNetns(string role, bool ipv6 = false)
    {
        Name = $"fnt{Environment.ProcessId}-{Interlocked.Increment(ref _count)}{role}";
        Ledger.Current.Namespace(Name);
        Command.Run("ip", "netns", "add", Name);
        Run("ip", "link", "set", "lo", "up");
        if (!ipv6)
            Run("sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1", "net.ipv6.conf.all.disable_ipv6=1");
    }

    public string Name { get; }

    public string Path => PathOf(Name);

    public static string PathOf(string name) => $"/run/netns/{name}";

    /// <summary>Runs a tool inside.</summary>
    public string Run(string file, params string[] arguments) => Command.Run("nsenter", [$"--net={Path}", file, .. arguments]);

    public bool TryRun(string file, params string[] arguments) =>
        Command.TryRun("nsenter", [$"--net={Path}", file, .. arguments]);

    public void Dispose()
    {
        Command.TryRun("ip", "netns", "del", Name);
        Ledger.Current.Gone($"netns {Name}");
    }
}
