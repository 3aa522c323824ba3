namespace Fabric.Kube.Informers;

/// <summary>A change in an informer's cache: added when <paramref name="Old"/> is null, gone when <paramref name="New"/> is null.</summary>
/// <param name="Old">The object as the handler last knew it.</param>
/// <param name="New">The object now.</param>
public readonly record struct InformerEvent<T>(T? Old, T? New)
    where T : class
{
    /// <summary>The object's newest known state.</summary>
    public T Current => New ?? Old!;
}
