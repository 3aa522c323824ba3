using Fabric.Cli.Terminal;
using Lab.Runner.Lifecycle;

namespace Fabric.Cli.Commands.Lab;

/// <summary>Where the built programs and caches are, seen from this program: <c>artifacts/lib/fabric</c>.</summary>
internal static class Programs
{
    private static string Artifacts => Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", ".."));

    /// <summary>Debian's kubectl as <c>deploy/install.sh</c> fetched it.</summary>
    internal static string FetchedKubectl => Path.Combine(Artifacts, "kubectl", "usr", "bin", "kubectl");

    /// <summary>The CNI plugin as it was built.</summary>
    /// <exception cref="CommandFailure">It was not built.</exception>
    internal static string CniPlugin() => Path.Combine(Artifacts, "bin", "fabric-cni") is var plugin && File.Exists(plugin)
        ? plugin
        : throw new CommandFailure("artifacts/bin/fabric-cni is not there: build it with deploy/build.sh and call artifacts/bin/fabric");

    /// <summary>The options of a lab that runs what was built.</summary>
    /// <exception cref="CommandFailure">This program does not run from <c>artifacts</c>.</exception>
    internal static LabOptions LabOptions(string? name, int nodes)
    {
        var fabric = Path.Combine(Artifacts, "bin", "fabric");
        return File.Exists(fabric)
            ? new LabOptions
            {
                Name = name,
                Nodes = nodes,
                FabricProgram = fabric,
                CniProgram = Path.Combine(Artifacts, "bin", "fabric-cni"),
                GuestCache = Path.Combine(Artifacts, "guest"),
            }
            : throw new CommandFailure("a lab runs the programs in artifacts/bin: build them with deploy/build.sh and call artifacts/bin/fabric");
    }
}
