namespace Lab.Runner.State;

/// <summary>Where a lab keeps its sockets, databases, logs and records: <c>/run/fabric-lab/ID</c>, readable by root only.</summary>
/// <remarks>Paths are kept short: a unix socket's path may have 107 bytes (<c>sun_path</c>, unix(7)).</remarks>
/// <param name="Id">The lab.</param>
public sealed record LabFolder(LabId Id)
{
    /// <summary>The folder of all labs of this machine.</summary>
    public const string Root = "/run/fabric-lab";

    /// <summary>This lab's folder.</summary>
    public string Path => $"{Root}/{Id}";

    /// <summary>What the lab is made of, written once it is known: see <see cref="LabRecord"/>.</summary>
    public string Record => $"{Path}/lab.json";

    /// <summary>The kubeconfig for people and programs on the host.</summary>
    public string Kubeconfig => $"{Path}/kubeconfig";

    /// <summary>The kubeconfig that agents use inside the lab's underlay.</summary>
    public string AgentKubeconfig => $"{Path}/agent.kubeconfig";

    /// <summary>OVN central: databases, sockets, logs.</summary>
    public string Central => $"{Path}/central";

    /// <summary>The server's data: SQLite, keys, kubeconfigs.</summary>
    public string Server => $"{Path}/server";

    /// <summary>Logs of server, runner and everything without a folder of its own.</summary>
    public string Logs => $"{Path}/log";

    /// <summary>Certificates of the lab's own authority.</summary>
    public string Pki => $"{Path}/pki";

    /// <summary>One folder per running guest.</summary>
    public string Guests => $"{Path}/vm";

    /// <summary>A node's databases, sockets, state and logs.</summary>
    public string Node(string node) => $"{Path}/{node}";

    /// <summary>A running guest's sockets and logs; the uid of its launcher pod keeps the path short whatever the VM is called.</summary>
    public string Guest(string launcherUid) => $"{Guests}/{launcherUid}";

    /// <summary>Makes a folder that only root may enter.</summary>
    internal static void Make(string path) =>
        Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
}
