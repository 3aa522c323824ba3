namespace Fabric.Bench.Servers;

/// <summary>How this program is started once more.</summary>
/// <param name="File">The executable.</param>
/// <param name="Arguments">What comes before the command, such as the assembly where the executable is <c>dotnet</c>.</param>
public sealed record FabricProgram(string File, IReadOnlyList<string> Arguments);
