namespace Fabric.Resources.Tests;

internal static class Repository
{
    /// <summary>The folder of <c>Fabric.sln</c>.</summary>
    internal static string Root { get; } = Find(AppContext.BaseDirectory);

    private static string Find(string folder) =>
        File.Exists(Path.Combine(folder, "Fabric.sln"))
            ? folder
            : Find(Path.GetDirectoryName(folder.TrimEnd('/')) ?? throw new DirectoryNotFoundException("Fabric.sln"));
}
