namespace Fabric.Cli.Terminal;

/// <summary>What needs the superuser says so in one line.</summary>
internal static class Root
{
    /// <summary>Refuses to go on as anyone else.</summary>
    /// <exception cref="CommandFailure">The caller is not root.</exception>
    internal static void Require(string command)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            throw new CommandFailure(
                $"{command} needs root, because it makes network namespaces, devices and eBPF programs: run it with sudo");
        }
    }
}
