using System.Text.Json.Nodes;
using Fabric.ApiServer.Objects;

namespace Fabric.ApiServer.Patching;

/// <summary>JSON patch: RFC 6902.</summary>
internal static class JsonPatch
{
    /// <summary>As Kubernetes: more than this many operations are refused.</summary>
    private const int MaxOperations = 10_000;

    /// <summary>Nodes that copies may make in one patch: repeated copies would otherwise double an object each time.</summary>
    private const int MaxCopiedNodes = 100_000;

    /// <summary>Changes <paramref name="target"/> in place; when it throws, the target is spoilt.</summary>
    /// <exception cref="PatchException">Malformed, a path that does not exist, or a test that failed.</exception>
    public static void Apply(JsonObject target, JsonNode patch)
    {
        if (patch is not JsonArray operations) throw new PatchException("a JSON patch must be a list of operations", isMalformed: true);
        if (operations.Count > MaxOperations) throw new PatchException($"The allowed maximum operations in a JSON patch is {MaxOperations}, got {operations.Count}", isMalformed: true);
        var copied = 0;
        foreach (var operation in operations)
            ApplyOne(target, operation as JsonObject ?? throw new PatchException("an operation must be an object", isMalformed: true), ref copied);
    }

    private static void ApplyOne(JsonObject target, JsonObject operation, ref int copied)
    {
        var path = Pointer(operation, "path");
        switch (operation.TextAt("op"))
        {
            case "add":
                path.Add(target, Value(operation));
                break;
            case "replace":
                path.Replace(target, Value(operation));
                break;
            case "remove":
                path.Remove(target);
                break;
            case "test":
                if (!JsonNode.DeepEquals(path.Get(target), Value(operation)))
                    throw new PatchException($"the server rejected our request due to an error in our request: testing path {operation.TextAt("path")} failed", isMalformed: false);
                break;
            case "copy":
                var source = Pointer(operation, "from").Get(target);
                copied += Size(source);
                if (copied > MaxCopiedNodes) throw new PatchException("the copies of this patch are too large", isMalformed: true);
                path.Add(target, source?.DeepClone());
                break;
            case "move":
                Move(target, operation, path);
                break;
            case var other:
                throw new PatchException($"unknown operation \"{other}\" in a JSON patch", isMalformed: true);
        }
    }

    private static void Move(JsonObject target, JsonObject operation, JsonPointer path)
    {
        var (from, to) = (operation.TextAt("from") ?? "", operation.TextAt("path") ?? "");
        if (to.StartsWith(from + "/", StringComparison.Ordinal)) throw new PatchException("a value cannot be moved into itself", isMalformed: true);
        path.Add(target, Pointer(operation, "from").Remove(target));
    }

    private static JsonPointer Pointer(JsonObject operation, string name)
        => JsonPointer.Parse(operation.TextAt(name) ?? throw new PatchException($"an operation of a JSON patch lacks \"{name}\"", isMalformed: true));

    private static JsonNode? Value(JsonObject operation)
        => operation.TryGetPropertyValue("value", out var value) ? value?.DeepClone() : throw new PatchException("an operation of a JSON patch lacks \"value\"", isMalformed: true);

    private static int Size(JsonNode? node) => node switch
    {
        JsonObject map => 1 + map.Sum(p => Size(p.Value)),
        JsonArray array => 1 + array.Sum(Size),
        _ => 1,
    };
}
