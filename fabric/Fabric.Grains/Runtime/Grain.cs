namespace Fabric.Grains.Runtime;

/// <summary>Base of all grains.</summary>
public abstract class Grain
{
    /// <summary>Takes the activation's context.</summary>
    protected Grain(GrainContext context) => Context = context;

    /// <summary>Key, store, clock and the other grains.</summary>
    protected GrainContext Context { get; }

    /// <summary>Runs before the first turn, after the states were read. When it throws, the calls that wait fail and the next one tries again.</summary>
    protected internal virtual Task OnActivateAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Runs after the last turn of an activation that ends because it was idle. Not when the runtime stops: nothing that matters is only in memory.</summary>
    protected internal virtual Task OnDeactivateAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
