using System.Text.Json.Nodes;

namespace Fabric.Cli.Manifests;

/// <summary>One document of a manifest: an object, or why it is none.</summary>
/// <param name="Where">File and line, for messages: <c>net.yaml, line 12</c>.</param>
/// <param name="Object">The object; null when the document is no object.</param>
/// <param name="Problem">Why it is none; null when it is one.</param>
internal sealed record Manifest(string Where, JsonObject? Object, string? Problem);
