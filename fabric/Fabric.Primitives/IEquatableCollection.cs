using System.Text.Json.Serialization;

namespace Fabric.Primitives;

/// <summary>
/// Lets a generic collection make its own converter, where the type arguments are known to the compiler, instead of
/// having one built by reflection.
/// </summary>
internal interface IEquatableCollection
{
    JsonConverter CreateConverter();
}
