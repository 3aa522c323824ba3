using System.Collections.Immutable;
using System.Reflection;
using System.Text.Json.Nodes;
using Fabric.ApiServer.Yaml;

namespace Fabric.ApiServer.Definitions;

/// <summary>All kinds that a server serves. Fixed while it runs.</summary>
internal sealed class ResourceCatalog
{
    private readonly Dictionary<(string Group, string Version, string Plural), ResourceDefinition> _byPath = [];
    private readonly Dictionary<(string Group, string Kind), ResourceDefinition> _byKind = [];
    private readonly Dictionary<string, ResourceDefinition> _byName = new(StringComparer.Ordinal);

    public ResourceCatalog(IEnumerable<ResourceDefinition> definitions)
    {
        foreach (var definition in definitions)
        {
            if (!_byName.TryAdd(definition.QualifiedName, definition))
                throw new FormatException($"{definition.QualifiedName} is defined twice");
            _byPath.Add((definition.Group, definition.Version, definition.Plural), definition);
            if (!_byKind.TryAdd((definition.Group, definition.Kind), definition))
                throw new FormatException($"kind {definition.QualifiedKind} is defined twice");
        }

        All = [.. _byName.Values.OrderBy(d => d.Group, StringComparer.Ordinal).ThenBy(d => d.Plural, StringComparer.Ordinal)];
    }

    /// <summary>By group, then plural name.</summary>
    public ImmutableArray<ResourceDefinition> All { get; }

    public ResourceDefinition? ByPath(string group, string version, string plural) => _byPath.GetValueOrDefault((group, version, plural));

    public ResourceDefinition? ByName(string qualifiedName) => _byName.GetValueOrDefault(qualifiedName);

    /// <param name="apiVersion"><c>v1</c> or <c>group/version</c>; the version does not matter.</param>
    public ResourceDefinition? ByKind(string apiVersion, string kind)
    {
        var slash = apiVersion.IndexOf('/');
        return _byKind.GetValueOrDefault((slash < 0 ? "" : apiVersion[..slash], kind));
    }

    /// <summary>The server's own kinds and those of CRD files in folders.</summary>
    /// <exception cref="FormatException">A file is not a usable CRD; says which.</exception>
    public static ResourceCatalog Load(IEnumerable<string> crdDirectories)
        => new(BuiltIn().Concat(crdDirectories.SelectMany(FromFolder)));

    private static IEnumerable<ResourceDefinition> BuiltIn()
    {
        var assembly = Assembly.GetExecutingAssembly();
        foreach (var name in assembly.GetManifestResourceNames().Where(n => n.EndsWith(".yaml", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            foreach (var definition in FromText(reader.ReadToEnd(), name, builtIn: true))
                yield return definition;
        }
    }

    private static IEnumerable<ResourceDefinition> FromFolder(string folder)
    {
        if (!Directory.Exists(folder)) throw new FormatException($"the folder of CRDs {folder} does not exist");
        var files = Directory.EnumerateFiles(folder).Where(f => Path.GetExtension(f) is ".yaml" or ".yml" or ".json").Order(StringComparer.Ordinal);
        return files.SelectMany(f => FromText(File.ReadAllText(f), f, builtIn: false));
    }

    private static List<ResourceDefinition> FromText(string text, string origin, bool builtIn)
    {
        var definitions = new List<ResourceDefinition>();
        try
        {
            foreach (var document in YamlReader.ReadAll(text))
                definitions.Add(DefinitionReader.Read(document as JsonObject ?? throw new FormatException("not an object"), builtIn));
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            throw new FormatException($"{origin}: {e.Message}", e);
        }

        return definitions;
    }
}
