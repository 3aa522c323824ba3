using Fabric.Resources;

namespace Fabric.Grains.Runtime;

/// <summary>Base of the classes that stand for a grain at its callers: each method of the grain's interface becomes one turn.</summary>
/// <typeparam name="TInterface">The grain's interface.</typeparam>
public abstract class GrainReference<TInterface>
    where TInterface : class, IGrain
{
    private readonly GrainRuntime _runtime;
    private readonly ObjectKey _key;

    /// <summary>A reference to the grain of this key.</summary>
    protected GrainReference(GrainRuntime runtime, ObjectKey key)
    {
        _runtime = runtime;
        _key = key;
    }

    /// <summary>Runs one turn on the grain and returns what it returns.</summary>
    protected Task<TResult> TurnAsync<TResult>(Func<TInterface, CancellationToken, Task<TResult>> body, CancellationToken cancellationToken) =>
        _runtime.TurnAsync(_key, body, cancellationToken);

    /// <summary>Runs one turn on the grain.</summary>
    protected Task TurnAsync(Func<TInterface, CancellationToken, Task> body, CancellationToken cancellationToken) =>
        _runtime.TurnAsync<TInterface, bool>(
            _key,
            async (grain, token) =>
            {
                await body(grain, token);
                return true;
            },
            cancellationToken);
}
