using Node.Testing;

namespace Fabric.Server.Tests.Replicas;

/// <summary><c>fabric server --kubeconfig</c> in a process of its own, which can be killed.</summary>
internal sealed class Replica : IDisposable
{
    private readonly Daemon _daemon;

    private Replica(string identity, Daemon daemon)
    {
        Identity = identity;
        _daemon = daemon;
    }

    public string Identity { get; }

    public bool HasExited => _daemon.HasExited;

    /// <summary>What its log says of things that should not be.</summary>
    public IEnumerable<string> Complaints =>
        File.ReadLines(_daemon.Log).Where(line => line.Contains(" fail: ", StringComparison.Ordinal) || line.Contains(" crit: ", StringComparison.Ordinal)
            || line.Contains("Unhandled", StringComparison.Ordinal));

    /// <param name="identity">Its name among the others.</param>
    /// <param name="log">The file it logs to; one that was started before under its name goes on in it.</param>
    /// <param name="kubeconfig">Where its API is.</param>
    /// <param name="northbound">The socket of OVN's northbound database.</param>
    public static Replica Start(string identity, string log, string kubeconfig, string northbound) => new(
        identity,
        Daemon.Start(
            log, new Dictionary<string, string>(), "dotnet", Path.Combine(AppContext.BaseDirectory, "fabric.dll"), "server", "--kubeconfig", kubeconfig,
            "--ovn-nb", $"unix:{northbound}", "--identity", identity, "--lease-duration", $"{ReplicaSet.LeaseSeconds}"));

    /// <summary>Ends it with SIGKILL.</summary>
    public void Kill() => _daemon.Kill();

    /// <summary>Ends it with SIGTERM.</summary>
    public void Terminate() => _daemon.Terminate();

    public void Dispose() => _daemon.Dispose();
}
