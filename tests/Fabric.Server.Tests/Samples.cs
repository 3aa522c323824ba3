using System.Text.Json.Nodes;
using Fabric.ApiServer.Yaml;

namespace Fabric.Server.Tests;

/// <summary>The manifests that users are shown.</summary>
internal static class Samples
{
    /// <summary>The documents of all files in a folder of <c>deploy/samples</c>, or of one of them, in order.</summary>
    public static IReadOnlyList<JsonObject> Read(string folder, string file = "*")
    {
        var root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "Fabric.sln")))
            root = Path.GetDirectoryName(root)!;
        return
        [
            .. Directory.GetFiles(Path.Combine(root, "deploy", "samples", folder), $"{file}.yaml").Order(StringComparer.Ordinal)
                .SelectMany(path => File.ReadAllText(path).Split("\n---\n")).Select(text => YamlReader.ReadOne(text).AsObject()),
        ];
    }
}
