using Fabric.Cli.Terminal;
using Lab.Runner.Lifecycle;
using Lab.Runner.State;

namespace Fabric.Cli.Api;

/// <summary>Finds the kubeconfig to use: as kubectl does, and where there is none, that of the only Fabric on this machine.</summary>
internal static class ServerChoice
{
    /// <summary>Where <c>fabric server</c> keeps its data when it is set up as a service.</summary>
    private const string ServerKubeconfig = "/var/lib/fabric/server/kubeconfig";

    /// <returns>The path of a kubeconfig file.</returns>
    /// <exception cref="CommandFailure">There is none, or more than one could be meant.</exception>
    public static string Find(string? option)
    {
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return Find(option, Environment.GetEnvironmentVariable("KUBECONFIG"), Path.Combine(home, ".kube", "config"), Locals());
    }

    /// <param name="option">What the command line says, or null.</param>
    /// <param name="variable">What <c>KUBECONFIG</c> says, or null: paths with colons between them.</param>
    /// <param name="personal">The user's own file.</param>
    /// <param name="locals">The files of labs and servers on this machine.</param>
    internal static string Find(string? option, string? variable, string personal, IReadOnlyList<string> locals)
    {
        if (!string.IsNullOrEmpty(option))
            return option;
        if (variable?.Split(':', StringSplitOptions.RemoveEmptyEntries) is { Length: > 0 } paths)
        {
            return paths.FirstOrDefault(File.Exists)
                ?? throw new CommandFailure($"KUBECONFIG names {variable}, and there is no such file: correct it, or unset it");
        }

        if (File.Exists(personal))
            return personal;
        return locals switch
        {
            [var only] => only,
            [] => throw new CommandFailure(
                $"no server is known: give --kubeconfig FILE, set KUBECONFIG, or put a kubeconfig at {personal}; `fabric lab up` brings up a lab"),
            _ => throw new CommandFailure($"several servers run on this machine: choose one with --kubeconfig ({string.Join(" or ", locals)})"),
        };
    }

    private static List<string> Locals()
    {
        List<string> found = [];
        try
        {
            found.AddRange(FabricLab.List().Select(id => new LabFolder(LabId.Parse(id)).Kubeconfig));
        }
        catch (UnauthorizedAccessException)
        {
            // Labs belong to root; another user may have a server all the same.
        }

        if (File.Exists(ServerKubeconfig))
            found.Add(ServerKubeconfig);
        return found;
    }
}
