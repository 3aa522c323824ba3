using Fabric.Resources;

namespace Fabric.Grains.Storage;

/// <summary>Changes of metadata that grains make.</summary>
internal static class ObjectMetaChanges
{
    public static ObjectMeta WithFinalizer(this ObjectMeta meta) =>
        meta.HasFinalizer(FabricApi.Finalizer) ? meta : meta with { Finalizers = [.. meta.Finalizers ?? [], FabricApi.Finalizer] };

    public static ObjectMeta WithoutFinalizer(this ObjectMeta meta) =>
        meta with { Finalizers = [.. (meta.Finalizers ?? []).Where(finalizer => finalizer != FabricApi.Finalizer)] };

    /// <summary>Sets an annotation, or removes it when the value is null.</summary>
    public static ObjectMeta WithAnnotation(this ObjectMeta meta, string name, string? value)
    {
        var annotations = meta.Annotations ?? [];
        return meta with { Annotations = value is null ? annotations.Without(name) : annotations.With(name, value) };
    }

    /// <summary>Kubernetes' times have whole seconds: a finer one would differ from itself after a write.</summary>
    public static DateTimeOffset ToSecond(this DateTimeOffset time) => new(time.Ticks - time.Ticks % TimeSpan.TicksPerSecond, time.Offset);
}
