using Fabric.Grains.QosPolicies;
using Fabric.Grains.Subnets;
using Fabric.Grains.Vpcs;
using Fabric.Primitives;
using Fabric.Resources;

namespace Fabric.Grains.Nics;

/// <summary>What a Nic may say and what follows for its status: pure, asked at admission and by the Nic's grain.</summary>
public static class NicRules
{
    /// <summary>What is wrong with the Nic by itself. Empty when nothing is.</summary>
    /// <param name="nic">The Nic to be.</param>
    /// <param name="subnet">Its Subnet, or null when there is none, which is said in the Nic's condition and not here: it may come.</param>
    /// <returns><see cref="MacUnusable"/>, <see cref="TooManyAddresses"/>, <see cref="AddressOutsideSubnet"/>, <see cref="QosLimitUnusable"/>, each with its field.</returns>
    public static IReadOnlyList<Refusal> Validate(Nic nic, Subnet? subnet)
    {
        var refusals = new List<Refusal>();
        if (nic.Spec.MacAddress is { } mac && (mac.IsMulticast || mac.IsZero))
            refusals.Add(new MacUnusable(mac) { Field = "spec.macAddress" });
        if (nic.Spec.Addresses.GroupBy(address => address.Family).FirstOrDefault(group => group.Count() > 1) is { } group)
            refusals.Add(new TooManyAddresses(group.Count(), group.Key) { Field = "spec.addresses" });
        refusals.AddRange(ValidateLimits(nic.Spec));
        for (var i = 0; subnet is not null && i < nic.Spec.Addresses.Count; i++)
        {
            var wanted = nic.Spec.Addresses[i];
            if (subnet.Spec.RangeOf(wanted.Family)?.Cidr.Contains(wanted) != true)
                refusals.Add(SubnetRules.Outside(wanted, subnet) with { Field = $"spec.addresses[{i}]" });
        }
        return refusals;
    }

    /// <summary>What is wrong with the limits that the workload asks for itself. Empty when nothing is.</summary>
    public static IEnumerable<Refusal> ValidateLimits(NicSpec spec) =>
        [.. QosPolicyRules.Validate(spec.Ingress, "spec.ingress"), .. QosPolicyRules.Validate(spec.Egress, "spec.egress")];

    /// <summary>Whether a namespace may use a Subnet. Asked once, before the first address: a later change cuts nobody off.</summary>
    public static NamespaceNotAllowed? CheckNamespace(string ns, Subnet subnet, Vpc vpc) =>
        !subnet.Spec.Namespaces.IsEmpty && !subnet.Spec.Namespaces.Contains(ns)
            ? new NamespaceNotAllowed(ns, $"Subnet {subnet.Metadata.Name}", subnet.Spec.Namespaces) { Field = "spec.subnet" }
        : !vpc.Spec.Namespaces.IsEmpty && !vpc.Spec.Namespaces.Contains(ns)
            ? new NamespaceNotAllowed(ns, $"Vpc {vpc.Metadata.Name}", vpc.Spec.Namespaces) { Field = "spec.subnet" }
            : null;

    /// <summary>The attachment that counts of what is no VM, or of a VM of which nothing is known: the newest. An agent writes one when it begins, because OVN can install the port only on the node that it is meant for.</summary>
    /// <returns>The attachment, or null while the Nic is attached nowhere.</returns>
    public static NicAttachment? Active(EquatableArray<NicAttachment> attachments)
    {
        NicAttachment? newest = null;
        foreach (var attachment in attachments)
        {
            // Times have whole seconds: of two in the same second the later in the list was appended later.
            if (newest is null || Nullable.Compare(newest.Since, attachment.Since) <= 0)
                newest = attachment;
        }
        return newest;
    }

    /// <summary>How far a Nic is that has its addresses.</summary>
    public static NicPhase PhaseOf(NicAttachment? home) => home?.Phase switch
    {
        null => NicPhase.Detached,
        AttachmentPhase.Pending => NicPhase.Attaching,
        _ => NicPhase.Attached,
    };

    /// <summary>The MAC that the Nic is to have: the manifest's, which is the one that the guest really has; or else the one that a StaticIP keeps for it.</summary>
    /// <param name="nic">The Nic.</param>
    /// <param name="plan">By which it gets its addresses.</param>
    /// <param name="isAttached">It is plugged in: the MAC it has stays, because a guest uses it.</param>
    /// <returns>The MAC and the object that decided it; null for any.</returns>
    public static (MacAddress? Mac, string? Source) WantedMac(Nic nic, AddressPlan plan, bool isAttached)
    {
        if (isAttached && nic.Status?.MacAddress is { } current)
            return (current, null);
        if (nic.Spec.MacAddress is { } wanted)
            return (wanted, null);
        var keeper = plan.StaticIPs.FirstOrDefault(kept => kept.Spec.MacAddress is not null
            && (kept.Spec.Addresses.IsEmpty || plan.Choices.Any(choice => kept.Spec.Addresses.Contains(choice.Address))));
        return (keeper?.Spec.MacAddress, keeper is null ? null : $"{nameof(StaticIP)} {keeper.Metadata.Name}");
    }

    /// <summary>The status of a Nic that has its MAC and addresses.</summary>
    /// <param name="nic">The Nic.</param>
    /// <param name="plan">By which it got its addresses.</param>
    /// <param name="mac">The MAC it holds.</param>
    /// <param name="macSource">The object that decided the MAC, or null.</param>
    /// <param name="attachments">The attachments whose pods exist.</param>
    /// <param name="move">Which of them counts.</param>
    /// <param name="defaultMtu">The MTU of Subnets that name none, in bytes.</param>
    public static NicStatus Granted(Nic nic, AddressPlan plan, MacAddress mac, string? macSource, EquatableArray<NicAttachment> attachments, NicMove move, int defaultMtu)
    {
        var subnet = plan.Subnet.Spec;
        return (nic.Status ?? new NicStatus()) with
        {
            ObservedGeneration = nic.Metadata.Generation ?? 0,
            Phase = PhaseOf(move.Home),
            MacAddress = mac,
            Addresses = [.. plan.Choices.Select(choice => new IpInterfaceAddress(choice.Address, subnet.RangeOf(choice.Address.Family)?.Cidr.Length ?? choice.Address.BitLength))],
            Gateways = [.. subnet.Ranges.Select(range => range.GatewayInForce)],
            DnsServers = subnet.Dhcp.DnsServers,
            Domain = subnet.Dhcp.Domain,
            Mtu = subnet.Mtu ?? defaultMtu,
            Sources = SourcesOf(nic, plan, macSource),
            Port = PortOf(nic),
            Attachments = attachments,
            Node = move.Home?.Node,
            Migration = move.Migration,
        };
    }

    /// <summary>The name of the Nic's logical switch port, which is the <c>iface-id</c> on the node.</summary>
    public static string PortOf(Nic nic) => $"{nic.Metadata.Namespace}/{nic.Metadata.Name}";

    /// <summary>What decided each property: the workload's wish, or an object that was found for the Nic.</summary>
    private static EquatableArray<WishSource> SourcesOf(Nic nic, AddressPlan plan, string? macSource)
    {
        // While plugged in, what was decided before stays in force.
        var sources = (plan.IsOutdated ? nic.Status?.Sources ?? [] : nic.Spec.Sources).ToDictionary(source => source.Field, source => source.Source, StringComparer.Ordinal);
        if (plan.Choices.Select(choice => choice.Source).FirstOrDefault(source => source is not null) is { } addresses)
            sources["addresses"] = addresses;
        else if (nic.Status?.Sources.FirstOrDefault(source => source.Field == "addresses") is { } before && !sources.ContainsKey("addresses")
            && plan.Choices.All(choice => nic.Status.Addresses.Any(address => address.Address == choice.Address)))
            sources["addresses"] = before.Source;
        if (macSource is not null)
            sources["macAddress"] = macSource;
        return [.. sources.OrderBy(source => source.Key, StringComparer.Ordinal).Select(source => new WishSource { Field = source.Key, Source = source.Value })];
    }
}
