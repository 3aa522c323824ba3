using System.Text.Json;
using System.Text.RegularExpressions;
using Fabric.Primitives;
using Fabric.Resources.Core;
using Lab.Cluster.Sandboxes;

namespace Lab.Cluster.Kubelet;

/// <summary>What a container runs in the lab's one image, read from its pod.</summary>
internal static partial class ContainerCommand
{
    /// <summary>The container as the runtime is asked for it.</summary>
    public static ContainerWish Wish(Pod pod, PodContainer container, int attempt, Sandbox sandbox, string hostAddress)
    {
        var environment = Environment(pod, container, sandbox, hostAddress);
        return new ContainerWish
        {
            Name = container.Name,
            Attempt = attempt,
            Command = [.. (container.Command ?? []).Select(each => Expand(each, environment))],
            Arguments = [.. (container.Args ?? []).Select(each => Expand(each, environment))],
            Capabilities = Capabilities(container),
            Environment = environment,
            WorkingDirectory = container.WorkingDir,
        };
    }

    /// <summary>Variables whose source the lab does not have: config maps, secrets, resource fields.</summary>
    public static IEnumerable<string> Unknown(PodContainer container) =>
        (container.Env ?? []).Where(each => each.Value is null && each.Unknown?.ContainsKey("valueFrom") == true && FieldPath(each) is null).Select(each => each.Name);

    private static EquatableArray<string> Capabilities(PodContainer container) =>
        container.Unknown?.GetValueOrDefault("securityContext") is { ValueKind: JsonValueKind.Object } context
        && context.TryGetProperty("capabilities", out var capabilities)
        && capabilities.ValueKind == JsonValueKind.Object
        && capabilities.TryGetProperty("add", out var added)
        && added.ValueKind == JsonValueKind.Array
            ? [.. added.EnumerateArray().Select(each => each.ToString())]
            : [];

    private static EquatableMap<string, string> Environment(Pod pod, PodContainer container, Sandbox sandbox, string hostAddress)
    {
        EquatableMap<string, string> known = [];
        foreach (var variable in container.Env ?? [])
        {
            var value = variable.Value is { } literal ? Expand(literal, known) : Field(pod, FieldPath(variable), sandbox, hostAddress);
            known = known.With(variable.Name, value);
        }
        return known;
    }

    private static string? FieldPath(ContainerVariable variable) =>
        variable.Unknown?.GetValueOrDefault("valueFrom") is { ValueKind: JsonValueKind.Object } source
        && source.TryGetProperty("fieldRef", out var reference)
        && reference.TryGetProperty("fieldPath", out var path)
            ? path.GetString()
            : null;

    private static string Field(Pod pod, string? path, Sandbox sandbox, string hostAddress)
    {
        if (path is not null && KeyedField().Match(path) is { Success: true } match)
        {
            var key = match.Groups["key"].Value;
            return (match.Groups["map"].Value == "labels" ? pod.Metadata.Label(key) : pod.Metadata.Annotation(key)) ?? "";
        }
        return path switch
        {
            "metadata.name" => sandbox.Pod.Name,
            "metadata.namespace" => sandbox.Pod.Namespace,
            "metadata.uid" => sandbox.Pod.Uid,
            "spec.nodeName" => pod.Spec?.NodeName ?? "",
            "status.hostIP" or "status.hostIPs" => hostAddress,
            "status.podIP" => sandbox.Addresses.IsEmpty ? hostAddress : sandbox.Addresses[0],
            "status.podIPs" => sandbox.Addresses.IsEmpty ? hostAddress : string.Join(',', sandbox.Addresses),
            _ => "",
        };
    }

    /// <summary><c>$(NAME)</c> is the variable when there is one, and <c>$$</c> a dollar sign, as core/v1 Container describes it.</summary>
    private static string Expand(string text, EquatableMap<string, string> variables) =>
        Reference().Replace(text, match => match.Value == "$$" ? "$" : variables.GetValueOrDefault(match.Groups["name"].Value) ?? match.Value);

    [GeneratedRegex(@"\$\$|\$\((?<name>[A-Za-z_.-][A-Za-z0-9_.-]*)\)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Reference();

    [GeneratedRegex(@"^metadata\.(?<map>labels|annotations)\['(?<key>[^']+)'\]$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex KeyedField();
}
