using Fabric.Bench.Servers;
using Ovs.Ovsdb.Tests.Servers;

namespace Fabric.Bench.Tests;

/// <summary>The programs that are measured, as users run them, and what the benchmarks need of the machine.</summary>
internal static class TestProgram
{
    /// <summary>Tests that start servers do so one after the other: each looks at what this process has started.</summary>
    public const string Servers = "servers";

    public static FabricProgram Fabric => new(Built("fabric"), []);

    /// <summary>The path of a program that deploy/build.sh has made.</summary>
    public static string Built(string program)
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder.TrimEnd('/')))
        {
            if (File.Exists(Path.Combine(folder, "Fabric.sln")))
            {
                var path = Path.Combine(folder, "artifacts", "bin", program);
                return File.Exists(path) ? path : throw new FileNotFoundException($"{path} is not built: run deploy/build.sh");
            }
        }

        throw new DirectoryNotFoundException("this program does not lie in the repository");
    }

    public static void RequireOvsdb() => OvsdbServer.RequireInstalled(OvsdbServer.NorthboundSchema);

    /// <summary>The command lines of the processes that this one has started and that run.</summary>
    public static string[] Children() =>
    [
        .. Directory.GetDirectories("/proc/self/task")
            .SelectMany(task => Read(Path.Combine(task, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Select(pid => Read($"/proc/{pid}/cmdline").Replace('\0', ' ')),
    ];

    /// <summary>A file of proc(5); one of a thread or process that has ended meanwhile says nothing.</summary>
    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            return "";
        }
    }
}
