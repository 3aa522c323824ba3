using Fabric.Policy.Compiling;
using Fabric.Primitives;
using Fabric.Resources.Core;

namespace Fabric.Policy.Validating;

/// <summary>What a NetworkPolicy may say beyond its schema, as a cluster's API has it: pure, asked at admission.</summary>
public static class NetworkPolicyRules
{
    /// <summary>What is wrong with the policy. Empty when nothing is.</summary>
    /// <returns><see cref="NetworkPolicyUnusable"/> and <see cref="PolicyTooLarge"/>, each with its field.</returns>
    public static IReadOnlyList<Refusal> Validate(NetworkPolicy policy)
    {
        var refusals = new List<Refusal>(PolicyLimits.Check(NetworkPolicyCompiler.Read(policy)));
        for (var i = 0; i < policy.Spec.Ingress.Count; i++)
        {
            Check(policy.Spec.Ingress[i].From, $"spec.ingress[{i}].from", refusals);
            Check(policy.Spec.Ingress[i].Ports, $"spec.ingress[{i}].ports", refusals);
        }

        for (var i = 0; i < policy.Spec.Egress.Count; i++)
        {
            Check(policy.Spec.Egress[i].To, $"spec.egress[{i}].to", refusals);
            Check(policy.Spec.Egress[i].Ports, $"spec.egress[{i}].ports", refusals);
        }

        return refusals;
    }

    /// <summary>What is perhaps not meant, though it can be: rules that let everything there is pass.</summary>
    public static IReadOnlyList<string> Warn(NetworkPolicy policy) =>
    [
        .. policy.Spec.Ingress.Index().Where(each => each.Item is { From.IsEmpty: true, Ports.IsEmpty: true }).Select(each => Everything($"spec.ingress[{each.Index}]")),
        .. policy.Spec.Egress.Index().Where(each => each.Item is { To.IsEmpty: true, Ports.IsEmpty: true }).Select(each => Everything($"spec.egress[{each.Index}]")),
    ];

    private static string Everything(string field) => $"{field}: it names neither peers nor ports: it allows everything, with everybody";

    private static void Check(EquatableArray<NetworkPolicyPeer> peers, string field, List<Refusal> refusals)
    {
        for (var i = 0; i < peers.Count; i++)
        {
            var peer = peers[i];
            var hasSelector = peer.PodSelector is not null || peer.NamespaceSelector is not null;
            if (peer.IpBlock is null && !hasSelector)
            {
                Refuse($"{field}[{i}]", "it names nobody: say podSelector, namespaceSelector or ipBlock.");
            }
            else if (peer.IpBlock is not null && hasSelector)
            {
                Refuse($"{field}[{i}]", "ipBlock cannot be said beside podSelector or namespaceSelector: make a peer of each.");
            }

            for (var j = 0; peer.IpBlock is { } block && j < block.Except.Count; j++)
            {
                var except = block.Except[j].Prefix;
                if (!block.Cidr.Prefix.Contains(except) || block.Cidr.Prefix == except)
                {
                    Refuse($"{field}[{i}].ipBlock.except[{j}]", $"{except} is not a part of {block.Cidr.Prefix}.");
                }
            }
        }

        void Refuse(string where, string problem) => refusals.Add(new NetworkPolicyUnusable(problem) { Field = where });
    }

    private static void Check(EquatableArray<NetworkPolicyPort> ports, string field, List<Refusal> refusals)
    {
        for (var i = 0; i < ports.Count; i++)
        {
            switch (ports[i])
            {
                case { Port: { Name: null, Number: < 1 or > 65535 } port }:
                    Refuse($"{field}[{i}].port", $"{port} is no port: give 1 to 65535, or a name.");
                    break;
                case { Port: null, EndPort: not null } or { Port.Name: not null, EndPort: not null }:
                    Refuse($"{field}[{i}].endPort", "a range begins with a number: say it in port.");
                    break;
                case { EndPort: { } last, Port: { Name: null, Number: var first } } when last < first:
                    Refuse($"{field}[{i}].endPort", $"{last} is less than port, which is {first}: write the lower one in port.");
                    break;
            }
        }

        void Refuse(string where, string problem) => refusals.Add(new NetworkPolicyUnusable(problem) { Field = where });
    }
}

/// <summary>A NetworkPolicy says what cannot be meant.</summary>
/// <param name="Problem">What is wrong and what to do.</param>
public sealed record NetworkPolicyUnusable(string Problem) : Refusal
{
    /// <inheritdoc/>
    public override string Reason => nameof(NetworkPolicyUnusable);

    /// <inheritdoc/>
    public override string Message => Problem;
}
