using Fabric.Primitives;
using Fabric.Resources;

namespace Vmnet.KubeVirt.Wishes;

/// <summary>All that is said about one interface's Nic, in the order of precedence.</summary>
internal sealed class WishCandidates
{
    public List<WishCandidate<string>> Subnets { get; } = [];

    public List<WishCandidate<MacAddress>> Macs { get; } = [];

    public List<WishCandidate<EquatableArray<IpAddress>>> Addresses { get; } = [];

    public List<WishCandidate<string>> IpPools { get; } = [];

    public List<WishCandidate<string>> QosPolicies { get; } = [];

    public List<WishCandidate<QosLimit>> Ingress { get; } = [];

    public List<WishCandidate<QosLimit>> Egress { get; } = [];

    public List<WishCandidate<EquatableArray<string>>> SecurityGroups { get; } = [];

    /// <summary>What is said besides and has no field of a Nic, with why.</summary>
    public List<(WishText Text, WishLeftOut Notice)> LeftOut { get; } = [];

    /// <summary>Takes the first of each.</summary>
    /// <param name="interfaceName">The interface, for refusals.</param>
    public NicWishes Decide(string interfaceName)
    {
        var sources = new List<WishSource>();
        var unreadable = new List<Refusal>();
        var ignored = new List<Refusal>();
        var wishes = new NicWishes
        {
            Subnet = Take(WishField.Subnet, Subnets) is { IsGranted: true } subnet ? subnet.Value : null,
            MacAddress = Take(WishField.MacAddress, Macs) is { IsGranted: true } mac ? mac.Value : null,
            Addresses = Take(WishField.Addresses, Addresses) is { IsGranted: true } addresses ? addresses.Value : [],
            IpPool = Take(WishField.IpPool, IpPools) is { IsGranted: true } pool ? pool.Value : null,
            QosPolicy = Take(WishField.QosPolicy, QosPolicies) is { IsGranted: true } qos ? qos.Value : null,
            Ingress = Take(WishField.Ingress, Below(QosPolicies, WishField.Ingress, Ingress)) is { IsGranted: true } ingress ? ingress.Value : null,
            Egress = Take(WishField.Egress, Below(QosPolicies, WishField.Egress, Egress)) is { IsGranted: true } egress ? egress.Value : null,
            SecurityGroups = Take(WishField.SecurityGroups, SecurityGroups) is { IsGranted: true } groups ? groups.Value : [],
        };
        ignored.AddRange(LeftOut.Select(each => each.Notice with { Field = FieldOf(each.Text) }));
        return wishes with { Sources = [.. sources], Unreadable = [.. unreadable.Distinct()], Ignored = [.. ignored.Distinct()] };

        // Fabric's own annotation goes before those of others, and it names a whole policy.
        List<WishCandidate<QosLimit>> Below(List<WishCandidate<string>> policies, string field, List<WishCandidate<QosLimit>> limits)
        {
            if (policies is not [var policy, ..])
            {
                return limits;
            }

            ignored.AddRange(limits.Select(limit => new WishIgnored(field, limit.Text.Quoted, policy.Text.Source, policy.Text.Quoted) { Field = FieldOf(limit.Text) }));
            return [];
        }

        Outcome<T>? Take<T>(string field, List<WishCandidate<T>> candidates)
            where T : notnull
        {
            if (candidates.Count == 0)
            {
                return null;
            }

            var first = candidates[0];
            if (first.Value.Refusal is { } refusal)
            {
                unreadable.Add(refusal with { Field = FieldOf(first.Text) });
            }
            else
            {
                sources.Add(new WishSource { Field = field, Source = first.Text.Source });
                ignored.AddRange(candidates.Skip(1)
                    .Where(other => other.Value.Refusal is not null || !EqualityComparer<T>.Default.Equals(other.Value.Value, first.Value.Value))
                    .Select(other => new WishIgnored(field, other.Text.Quoted, first.Text.Source, first.Text.Quoted) { Field = FieldOf(other.Text) }));
            }

            return first.Value;
        }

        string FieldOf(WishText text) => $"interface {interfaceName}: {text.Source}";
    }
}

/// <summary>One field or annotation that says a wish.</summary>
/// <param name="Text">What is written, and where.</param>
/// <param name="Value">What it means, or why it means nothing.</param>
internal readonly record struct WishCandidate<T>(WishText Text, Outcome<T> Value)
    where T : notnull;
