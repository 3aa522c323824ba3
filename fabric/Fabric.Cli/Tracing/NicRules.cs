using Fabric.Policy.Model;
using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Cli.Tracing;

/// <summary>Everything that says what a Nic may send and receive, in the order in which it is asked, and how fast.</summary>
internal static class NicRules
{
    /// <summary>The rows of <c>fabric why</c>: direction, what is done, of what, with whom, and by whom that is said.</summary>
    public static IEnumerable<string[]> Of(NetworkView view, Nic nic) =>
    [
        .. Guard(nic),
        .. Isolation(view.SubnetOf(nic)),
        .. from policy in view.Evaluator.PoliciesOf(view.EndpointOf(nic))
           from rule in policy.Rules
           where rule.Rank != RuleOrder.Tracked
           orderby rule.Direction, rule.Rank descending
           select Row(policy.Id, rule),
        .. Unsaid(view, nic),
        .. Limits(nic.Status?.Qos),
    ];

    private static IEnumerable<string[]> Guard(Nic nic)
    {
        if (!nic.Spec.SpoofGuard)
        {
            yield return ["egress", "allow", "everything", "any source", "spec.spoofGuard of the Nic"];
            yield break;
        }

        var own = nic.Status is { MacAddress: { } mac } status ? $"{mac} {string.Join(' ', status.Addresses.Select(address => address.Address))}" : "no address yet";
        var more = nic.Spec.AllowedAddresses.IsEmpty ? "" : $" {string.Join(' ', nic.Spec.AllowedAddresses.Select(each => each.Address))}";
        yield return ["egress", "deny", "everything", $"sources but {own}{more}", "spoof guard"];
        foreach (var service in Enum.GetValues<NicService>().Where(service => !nic.Spec.Serves.Contains(service)))
            yield return ["egress", "deny", service == NicService.DHCP ? "answers of a DHCP server" : "router advertisements", "everybody", "spoof guard"];
    }

    private static IEnumerable<string[]> Isolation(Subnet subnet)
    {
        if (!subnet.Spec.Private)
            yield break;
        var others = subnet.Spec.AllowSubnets.IsEmpty ? "" : $" and {string.Join(", ", subnet.Spec.AllowSubnets)}";
        yield return ["both", "deny", "everything", $"everybody but Subnet {subnet.Metadata.Name}{others}", $"spec.private of Subnet {subnet.Metadata.Name}"];
    }

    private static string[] Row(PolicyId policy, PolicyRule rule) =>
    [
        rule.Direction == PolicyDirection.Ingress ? "ingress" : "egress",
        rule.Action.ToString().ToLowerInvariant(),
        rule.TrafficOrAll is { } traffic ? string.Join(", ", traffic) is { Length: > 0 } text ? text : "nothing" : rule.Family switch { IpFamily.V4 => "IPv4", IpFamily.V6 => "IPv6", _ => "everything" },
        rule.PeersOrAll is { } peers ? string.Join("; ", peers) is { Length: > 0 } whom ? whom : "nobody" : "everybody",
        $"{policy} {rule.Part}",
    ];

    /// <summary>What becomes of what nothing decides.</summary>
    private static IEnumerable<string[]> Unsaid(NetworkView view, Nic nic)
    {
        var rules = view.Evaluator.PoliciesOf(view.EndpointOf(nic)).SelectMany(policy => policy.Rules).ToList();
        foreach (var direction in Enum.GetValues<PolicyDirection>())
        {
            if (!rules.Any(rule => rule.Direction == direction && rule is { Action: not SecurityAction.Allow, PeersOrAll: null, TrafficOrAll: null, Family: IpFamily.None }))
                yield return [direction == PolicyDirection.Ingress ? "ingress" : "egress", "allow", "everything", "everybody", "no policy says otherwise"];
        }
    }

    /// <summary>What it is held to, as its status has it.</summary>
    private static IEnumerable<string[]> Limits(NicQos? qos)
    {
        if (qos is null)
            yield break;
        foreach (var (direction, own, sum) in new[] { (WishField.Ingress, qos.Ingress, qos.Sum?.Ingress), (WishField.Egress, qos.Egress, qos.Sum?.Egress) })
        {
            if (own is not null)
                yield return [direction, "limit", Text(own), "everybody", SourceOf(direction)];
            if (sum is not null)
                yield return [direction, "limit", Text(sum), $"everybody, with all of Subnet {qos.Sum!.Subnet} on the node", SourceOf("sum")];
        }

        if (qos.Priority is { } priority)
            yield return [WishField.Egress, "mark", $"priority {priority}", "everybody", SourceOf("priority")];
        if (qos.Dscp is { } dscp)
            yield return [WishField.Egress, "mark", $"DSCP {dscp}", "everybody", SourceOf("dscp")];

        string SourceOf(string field) => qos.Sources.FirstOrDefault(source => source.Field == field)?.Source ?? "status.qos of the Nic";

        static string Text(QosLimit limit) =>
            $"{limit.Average} bit/s{(limit.Peak is { } peak ? $", peak {peak}" : "")}{(limit.Burst is { } burst ? $", burst {burst} bytes" : "")}";
    }
}
