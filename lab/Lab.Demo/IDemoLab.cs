using Lab.Runner.Processes;

namespace Lab.Demo;

/// <summary>What the demo needs of a lab that is up.</summary>
public interface IDemoLab
{
    /// <summary>The lab's id.</summary>
    string Id { get; }

    /// <summary>The file by which kubectl on the host reaches the lab's API.</summary>
    string Kubeconfig { get; }

    /// <summary>Runs a command in a pod's first container.</summary>
    Task<ToolResult> ExecInPodAsync(string @namespace, string pod, IReadOnlyList<string> command, CancellationToken cancellationToken);

    /// <summary>Runs a command inside a VM's guest.</summary>
    Task<ToolResult> ExecInGuestAsync(string @namespace, string vm, IReadOnlyList<string> command, CancellationToken cancellationToken);
}
