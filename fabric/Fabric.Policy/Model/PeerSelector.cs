using System.Security.Cryptography;
using System.Text;
using Fabric.Resources;

namespace Fabric.Policy.Model;

/// <summary>
/// Nics by their namespaces and labels, or by a SecurityGroup. Two that say the same are equal, whatever policies they stand in,
/// and share what is made for them.
/// </summary>
public sealed record PeerSelector
{
    private const int KeyBytes = 10;

    /// <summary>The one namespace, or null.</summary>
    public string? Namespace { get; init; }

    /// <summary>The namespaces by their labels when <see cref="Namespace"/> is null; all when this is null as well.</summary>
    public LabelSelector? Namespaces { get; init; }

    /// <summary>The labels of the workload, or null for all.</summary>
    public LabelSelector? Workloads { get; init; }

    /// <summary>The SecurityGroup that they are bound to, or null; then nothing else is said of them.</summary>
    public ObjectKey? Group { get; init; }

    /// <summary>The port that they must have under a name, or null.</summary>
    public NamedPort? Port { get; init; }

    /// <summary>A short name made of all that it says: equal selectors have equal ones.</summary>
    public string Key => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Text())).AsSpan(0, KeyBytes));

    /// <summary>Whether a Nic is meant.</summary>
    /// <param name="nic">The Nic.</param>
    /// <param name="groups">The SecurityGroups there are.</param>
    public bool Matches(PolicyEndpoint nic, Func<ObjectKey, CompiledPolicy?> groups)
    {
        if (Port is { } port && !nic.NamedPorts.Contains(port))
        {
            return false;
        }

        return Group is { } group
            ? groups(group)?.Selects(nic) == true
            : (Namespace is { } ns ? ns == nic.Nic.Namespace : Namespaces?.Matches(nic.NamespaceLabels) != false) && Workloads?.Matches(nic.Labels) != false;
    }

    /// <inheritdoc/>
    public bool Equals(PeerSelector? other) => other is not null && Text() == other.Text();

    /// <inheritdoc/>
    public override int GetHashCode() => Text().GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString()
    {
        var who = Group is { } group ? $"SecurityGroup {group}"
            : Namespace is { } ns ? $"{Of(Workloads, "all")} of namespace {ns}"
            : $"{Of(Workloads, "all")} of {Of(Namespaces, "all namespaces")}";
        return Port is { } port ? $"{who} with port {port}" : who;
    }

    private static string Of(LabelSelector? selector, string all) => selector is null or { IsEmpty: true } ? all : $"[{Text(selector)}]";

    /// <summary>An empty selector says as much as none, and the order of requirements and values says nothing.</summary>
    private string Text() => string.Join(
        '\0',
        Group is { } group ? $"group {group}" : "",
        Namespace is { } ns ? $"namespace {ns}" : $"namespaces {Text(Namespaces)}",
        $"workloads {Text(Workloads)}",
        Port is { } port ? $"port {port}" : "");

    private static string Text(LabelSelector? selector) => selector is null ? "" : string.Join(
        ',',
        selector.MatchLabels.Select(label => $"{label.Key}={label.Value}")
            .Concat(selector.MatchExpressions
                .Select(each => $"{each.Key} {each.Operator} ({string.Join(' ', each.Values.Order(StringComparer.Ordinal))})")
                .Order(StringComparer.Ordinal)));
}

/// <summary>A port that a pod has under a name.</summary>
/// <param name="Name">The name.</param>
/// <param name="Protocol">Its protocol.</param>
/// <param name="Number">Its number, 1 to 65535.</param>
public readonly record struct NamedPort(string Name, SecurityProtocol Protocol, int Number)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Name}={Protocol} {Number}";
}
