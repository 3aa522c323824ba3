using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fabric.Primitives;

/// <summary>JSON for <see cref="EquatableArray{T}"/> and <see cref="EquatableMap{TKey, TValue}"/>.</summary>
public sealed class EquatableCollectionJsonConverterFactory : JsonConverterFactory
{
    /// <inheritdoc/>
    public override bool CanConvert(Type typeToConvert) => typeof(IEquatableCollection).IsAssignableFrom(typeToConvert);

    /// <inheritdoc/>
    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
        ((IEquatableCollection)RuntimeHelpers.GetUninitializedObject(typeToConvert)).CreateConverter();
}
