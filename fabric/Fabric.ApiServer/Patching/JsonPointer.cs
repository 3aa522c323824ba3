using System.Globalization;
using System.Text.Json.Nodes;

namespace Fabric.ApiServer.Patching;

/// <summary>Where a JSON patch works: RFC 6901.</summary>
internal sealed class JsonPointer
{
    private readonly string[] _tokens;
    private readonly string _text;

    private JsonPointer(string text, string[] tokens)
    {
        _text = text;
        _tokens = tokens;
    }

    public bool IsRoot => _tokens.Length == 0;

    /// <exception cref="PatchException">Does not begin with a slash.</exception>
    public static JsonPointer Parse(string text)
    {
        if (text.Length == 0) return new JsonPointer(text, []);
        if (text[0] != '/') throw new PatchException($"invalid JSON pointer \"{text}\": it must begin with '/'", isMalformed: true);
        return new JsonPointer(text, [.. text[1..].Split('/').Select(t => t.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal))]);
    }

    /// <exception cref="PatchException">Nothing is there.</exception>
    public JsonNode? Get(JsonNode? root)
    {
        foreach (var token in _tokens)
            root = Child(root, token);
        return root;
    }

    public void Add(JsonNode root, JsonNode? value)
    {
        var (parent, last) = Parent(root);
        switch (parent)
        {
            case JsonObject map:
                map[last] = value;
                break;
            case JsonArray array:
                array.Insert(last == "-" ? array.Count : Index(last, array.Count), value);
                break;
            default:
                throw Missing();
        }
    }

    public void Replace(JsonNode root, JsonNode? value)
    {
        var (parent, last) = Parent(root);
        Child(parent, last);
        if (parent is JsonObject map) map[last] = value;
        else if (parent is JsonArray array) array[Index(last, array.Count - 1)] = value;
    }

    public JsonNode? Remove(JsonNode root)
    {
        var (parent, last) = Parent(root);
        var removed = Child(parent, last);
        if (parent is JsonObject map) map.Remove(last);
        else if (parent is JsonArray array) array.RemoveAt(Index(last, array.Count - 1));
        return removed;
    }

    private (JsonNode? Parent, string Last) Parent(JsonNode? root)
    {
        if (IsRoot) throw new PatchException("the whole document cannot be replaced or removed", isMalformed: true);
        for (var i = 0; i < _tokens.Length - 1; i++)
            root = Child(root, _tokens[i]);
        return (root, _tokens[^1]);
    }

    private JsonNode? Child(JsonNode? node, string token) => node switch
    {
        JsonObject map when map.TryGetPropertyValue(token, out var child) => child,
        JsonArray array => array[Index(token, array.Count - 1)],
        _ => throw Missing(),
    };

    private int Index(string token, int most)
    {
        var isNumber = token.Length > 0 && (token.Length == 1 || token[0] != '0')
            && int.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index <= most;
        return isNumber ? int.Parse(token, CultureInfo.InvariantCulture) : throw Missing();
    }

    private PatchException Missing() => new($"the server rejected our request due to an error in our request: path {_text} does not exist", isMalformed: false);
}
