using Fabric.Bench.Servers;
using Ovs.Ovsdb.Tests.Servers;

namespace Fabric.Bench.Tests;

/// <summary>The command beside the tests, and what the benchmarks need of the machine.</summary>
internal static class TestProgram
{
    /// <summary>Tests that start servers do so one after the other: each looks at what this process has started.</summary>
    public const string Servers = "servers";

    public static FabricProgram Fabric => new("dotnet", [Path.Combine(AppContext.BaseDirectory, "fabric.dll")]);

    public static void RequireOvsdb() => OvsdbServer.RequireInstalled(OvsdbServer.NorthboundSchema);

    /// <summary>The command lines of the processes that this one has started and that run.</summary>
    public static string[] Children() =>
    [
        .. Directory.GetDirectories("/proc/self/task")
            .SelectMany(task => File.ReadAllText(Path.Combine(task, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Select(pid => File.ReadAllText($"/proc/{pid}/cmdline").Replace('\0', ' ')),
    ];
}
