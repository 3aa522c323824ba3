using Fabric.ApiServer.Printing;

namespace Fabric.ApiServer.Definitions;

/// <summary>A column of <c>kubectl get</c>.</summary>
/// <param name="Type">OpenAPI type, or <c>date</c> for an age.</param>
/// <param name="Format">OpenAPI format, may be empty.</param>
/// <param name="Priority">0 is always shown, greater only with <c>-o wide</c>.</param>
/// <param name="Path">Where the value is, null when <paramref name="Computed"/> says how it is made.</param>
/// <param name="Computed">Name of a built-in computation; see <see cref="ComputedColumns"/>.</param>
internal sealed record PrinterColumn(string Name, string Type, string Format, string Description, long Priority, JsonPath? Path, string? Computed);
