using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace Fabric.ApiServer.Selectors;

/// <summary>The paths of a definition's selectable fields and of the labels, as a tree of names.</summary>
internal sealed class SelectableTree
{
    private readonly List<(byte[] Name, SelectableTree Tree)> _children = [];

    /// <summary>The selectable field that ends here, or null.</summary>
    public string? Field { get; private set; }

    /// <summary>Whether this is <c>metadata.labels</c>.</summary>
    public bool IsLabels { get; private set; }

    /// <param name="fields">Dotted paths.</param>
    public static SelectableTree Of(ImmutableArray<string> fields)
    {
        var root = new SelectableTree();
        root.At("metadata.labels").IsLabels = true;
        foreach (var field in fields)
            root.At(field).Field = field;
        return root;
    }

    /// <summary>What is below the property that a reader is at; null when nothing there is selected on.</summary>
    public SelectableTree? Below(ref Utf8JsonReader reader)
    {
        foreach (var (name, tree) in _children)
        {
            if (reader.ValueTextEquals(name)) return tree;
        }

        return null;
    }

    private SelectableTree At(string path)
    {
        var tree = this;
        foreach (var step in path.Split('.'))
        {
            var name = Encoding.UTF8.GetBytes(step);
            var below = tree._children.Find(c => c.Name.AsSpan().SequenceEqual(name)).Tree;
            if (below is null) tree._children.Add((name, below = new SelectableTree()));
            tree = below;
        }

        return tree;
    }
}
