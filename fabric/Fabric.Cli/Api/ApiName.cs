using Fabric.Cli.Terminal;

namespace Fabric.Cli.Api;

/// <summary>What can stand in an address as one name: anything else would name another object, or none.</summary>
/// <remarks>Kubernetes' own rule for path segments; whether the name suits the kind, the server says.</remarks>
internal static class ApiName
{
    /// <returns>The name.</returns>
    /// <exception cref="CommandFailure">It cannot be in an address.</exception>
    public static string Require(string name, string field) => Problem(name) is not { } problem
        ? name
        : throw new CommandFailure($"{field}: Invalid value: {ApiJson.Quote(name)}: {problem}");

    private static string? Problem(string name) =>
        name.Length == 0 ? "a name is needed"
        : name is "." or ".." ? "it may not be '.' or '..'"
        : name.Contains('/') || name.Contains('%') ? "it may not contain '/' or '%'"
        : name.Any(char.IsControl) ? "it may not contain control characters"
        : null;
}
