using System.Text.Json;
using System.Text.Json.Nodes;
using Fabric.ApiServer.Objects;

namespace Fabric.ApiServer.Patching;

/// <summary>
/// A set of fields of an object, kept as a tree. Steps are written as in <c>fieldsV1</c>: <c>f:name</c> for a field,
/// <c>k:{"name":"a"}</c> for an element of a keyed list, <c>v:"a"</c> for an element of a set.
/// </summary>
/// <remarks>https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management</remarks>
internal sealed class FieldSet
{
    private const string SelfMark = ".";

    private readonly SortedDictionary<string, FieldSet> _children = new(StringComparer.Ordinal);

    /// <summary>Whether the place itself belongs to the set, not only something below it.</summary>
    public bool HasSelf { get; set; }

    public IReadOnlyDictionary<string, FieldSet> Children => _children;

    public bool IsEmpty => !HasSelf && _children.Count == 0;

    /// <summary>A single value: the place belongs to the set and nothing below it does.</summary>
    public bool IsLeaf => HasSelf && _children.Count == 0;

    public FieldSet Child(string step)
    {
        if (!_children.TryGetValue(step, out var child)) _children.Add(step, child = new FieldSet());
        return child;
    }

    public FieldSet Clone()
    {
        var clone = new FieldSet { HasSelf = HasSelf };
        foreach (var (step, child) in _children)
            clone._children.Add(step, child.Clone());
        return clone;
    }

    /// <summary>The same with every place above one of its own.</summary>
    public FieldSet WithParents()
    {
        var whole = new FieldSet { HasSelf = HasSelf || _children.Count > 0 };
        foreach (var (step, child) in _children)
            whole._children.Add(step, child.WithParents());
        return whole;
    }

    public void Add(FieldSet other)
    {
        HasSelf |= other.HasSelf;
        foreach (var (step, child) in other._children)
            Child(step).Add(child);
    }

    /// <summary>Takes away what is in another set; a leaf of the other takes everything below it along.</summary>
    public void Subtract(FieldSet other)
    {
        if (other.IsLeaf)
        {
            HasSelf = false;
            _children.Clear();
            return;
        }

        HasSelf &= !other.HasSelf;
        foreach (var (step, theirs) in other._children)
        {
            if (!_children.TryGetValue(step, out var mine)) continue;
            mine.Subtract(theirs);
            if (mine.IsEmpty) _children.Remove(step);
        }
    }

    public bool SameAs(FieldSet other)
        => HasSelf == other.HasSelf && _children.Count == other._children.Count
            && _children.All(c => other._children.TryGetValue(c.Key, out var theirs) && c.Value.SameAs(theirs));

    public JsonObject ToJson()
    {
        var json = new JsonObject();
        if (HasSelf && _children.Count > 0) json[SelfMark] = new JsonObject();
        foreach (var (step, child) in _children)
            json[step] = child.ToJson();
        return json;
    }

    public static FieldSet FromJson(JsonObject json)
    {
        var set = new FieldSet { HasSelf = json.Count == 0 || json.ContainsKey(SelfMark) };
        foreach (var (step, child) in json)
        {
            if (step != SelfMark && child is JsonObject below) set._children[step] = FromJson(below);
        }

        return set;
    }

    /// <summary>The steps of each leaf, for messages.</summary>
    public IEnumerable<string> Leaves(string before = "")
    {
        if (HasSelf && _children.Count == 0) yield return before;
        foreach (var (step, child) in _children)
        {
            foreach (var leaf in child.Leaves(before + Readable(step)))
                yield return leaf;
        }
    }

    private static string Readable(string step)
    {
        var value = step[2..];
        if (step.StartsWith("f:", StringComparison.Ordinal)) return "." + value;
        if (step.StartsWith("v:", StringComparison.Ordinal)) return $"[={value}]";
        try
        {
            var keys = JsonBody.ParseTrusted(System.Text.Encoding.UTF8.GetBytes(value));
            return $"[{string.Join(',', keys.Select(k => $"{k.Key}={JsonBody.ToText(k.Value)}"))}]";
        }
        catch (JsonException)
        {
            return $"[{value}]";
        }
    }
}
