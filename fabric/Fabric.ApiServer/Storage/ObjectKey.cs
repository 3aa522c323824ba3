namespace Fabric.ApiServer.Storage;

/// <summary>Where an object is kept.</summary>
/// <param name="Resource">Plural and group, <c>pods</c> or <c>nics.fabric.vmnet.io</c>; never the version, so that a served version can change.</param>
/// <param name="Namespace">Empty for cluster-scoped objects.</param>
internal readonly record struct ObjectKey(string Resource, string Namespace, string Name)
{
    /// <summary>The order of lists within a resource: namespace, then name, as SQLite compares text (by bytes).</summary>
    public static Comparer<ObjectKey> ListOrder { get; } = Comparer<ObjectKey>.Create(static (a, b) =>
    {
        var order = string.CompareOrdinal(a.Namespace, b.Namespace);
        return order == 0 ? string.CompareOrdinal(a.Name, b.Name) : order;
    });

    public override string ToString() => Namespace.Length == 0 ? $"{Resource}/{Name}" : $"{Resource}/{Namespace}/{Name}";
}
