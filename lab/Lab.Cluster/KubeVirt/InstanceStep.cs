namespace Lab.Cluster.KubeVirt;

/// <summary>The one next thing to do for an instance.</summary>
internal abstract record InstanceStep
{
    /// <summary>Nothing until something changes, or until a time has passed.</summary>
    public sealed record Rest(TimeSpan? Again = null) : InstanceStep;

    /// <summary>Write what KubeVirt adds to the wish.</summary>
    public sealed record Fill : InstanceStep;

    /// <summary>Make the launcher pod.</summary>
    public sealed record CreateLauncher : InstanceStep;

    /// <summary>Bind the interfaces in the launcher and start the guest.</summary>
    public sealed record StartGuest : InstanceStep;

    /// <summary>Press the power button, and come again when the guest has had its time.</summary>
    public sealed record PowerDown(TimeSpan Again) : InstanceStep;

    /// <summary>End the guest if it runs, and forget it.</summary>
    public sealed record KillGuest : InstanceStep;

    /// <summary>Let the launcher's container end as the guest did.</summary>
    public sealed record EndLauncher(bool Succeeded) : InstanceStep;

    /// <summary>Delete the launcher pod.</summary>
    public sealed record DeleteLauncher : InstanceStep;

    /// <summary>Nothing of the instance is left: let its object go.</summary>
    public sealed record RemoveFinalizer : InstanceStep;
}
