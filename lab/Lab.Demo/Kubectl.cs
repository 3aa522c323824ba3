using System.Text.Json.Nodes;
using Lab.Runner.Processes;

namespace Lab.Demo;

/// <summary>One kubectl binary, used as a person would.</summary>
/// <param name="Path">The program.</param>
/// <param name="Version">Its own version, such as <c>1.20.2</c>.</param>
/// <param name="Kubeconfig">The cluster it talks to.</param>
public sealed record Kubectl(string Path, string Version, string Kubeconfig)
{
    /// <summary>
    /// The kubectl programs of this machine: the first on PATH and the one in <paramref name="fetched"/> (Debian's), each
    /// version once, the oldest first.
    /// </summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    public static async Task<IReadOnlyList<Kubectl>> FindAsync(string fetched, string kubeconfig, CancellationToken cancellationToken)
    {
        var onPath = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => System.IO.Path.Combine(folder, "kubectl")).FirstOrDefault(File.Exists);
        var found = new List<Kubectl>();
        foreach (var path in new[] { fetched, onPath }.OfType<string>().Where(File.Exists))
        {
            var version = await VersionOfAsync(path, cancellationToken);
            if (found.All(each => each.Version != version))
            {
                found.Add(new Kubectl(path, version, kubeconfig));
            }
        }

        return found.Count > 0
            ? [.. found.OrderBy(each => System.Version.TryParse(each.Version, out var number) ? number : new Version())]
            : throw new FileNotFoundException("no kubectl: install Debian's kubernetes-client, or run deploy/install.sh");
    }

    /// <summary>Runs it and returns what it printed.</summary>
    /// <exception cref="ToolException">It failed; the message has what it said.</exception>
    public Task<string> RunAsync(CancellationToken cancellationToken, params IReadOnlyList<string> arguments) =>
        Tool.RunAsync(Path, [$"--kubeconfig={Kubeconfig}", .. arguments], cancellationToken);

    /// <summary>Runs it and hands back whatever came of it.</summary>
    public Task<ToolResult> TryRunAsync(CancellationToken cancellationToken, params IReadOnlyList<string> arguments) =>
        Tool.TryRunAsync(Path, [$"--kubeconfig={Kubeconfig}", .. arguments], cancellationToken);

    /// <summary>Runs it with <c>-o json</c>.</summary>
    public async Task<JsonNode> JsonAsync(CancellationToken cancellationToken, params IReadOnlyList<string> arguments) =>
        JsonNode.Parse(await RunAsync(cancellationToken, [.. arguments, "-o", "json"]))!;

    private static async Task<string> VersionOfAsync(string path, CancellationToken cancellationToken)
    {
        var answer = await Tool.RunAsync(path, ["version", "--client", "-o", "json"], cancellationToken);
        var version = (string?)JsonNode.Parse(answer)?["clientVersion"]?["gitVersion"] ?? "unknown";
        var end = version.IndexOfAny(['-', '+']);
        return (end < 0 ? version : version[..end]).TrimStart('v');
    }
}
