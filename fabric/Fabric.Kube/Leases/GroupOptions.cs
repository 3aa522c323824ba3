namespace Fabric.Kube.Leases;

/// <summary>Which group a process belongs to, under what name, and how soon it counts as gone.</summary>
public sealed record GroupOptions
{
    /// <summary>The group, for example <c>fabric-server</c>: the first part of its leases' names, and their label's value.</summary>
    public required string Group { get; init; }

    /// <summary>The namespace of the leases.</summary>
    public string Namespace { get; init; } = "kube-system";

    /// <summary>
    /// Who this process is: unique in the group, and fit for the name of an object. A process that comes back under the name it had
    /// goes on with its old lease at once.
    /// </summary>
    public required string Identity { get; init; }

    /// <summary>How long the others wait after the last renewal they saw, in whole seconds, 1 at least.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>A member that could not renew for so long stops: shorter than <see cref="Duration"/>, so that it stops before the others begin.</summary>
    public TimeSpan RenewDeadline => Duration * 2 / 3;

    /// <summary>The pause between renewals: several fit into <see cref="RenewDeadline"/>, so that one lost answer stops nothing.</summary>
    public TimeSpan RetryPeriod => Duration * 2 / 15;

    internal string LeaseName => $"{Group}-{Identity}";
}
