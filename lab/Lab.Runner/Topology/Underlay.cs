using System.Globalization;
using System.Net;
using Lab.Runner.Processes;
using Lab.Runner.State;

namespace Lab.Runner.Topology;

/// <summary>The wire between a lab's nodes and its control plane: a bridge in a namespace of its own.</summary>
internal static class Underlay
{
    /// <summary>Room for a pod's 1500 bytes and Geneve's headers with options.</summary>
    public const int Mtu = 1600;

    private const uint SharedSpace = 100u << 24 | 64u << 16; // 100.64.0.0/10, RFC 6598
    private const int Subnets = 1 << 14;

    /// <summary>Chooses a /24 of 100.64.0.0/10 by the lab's id, the next free one when another lab has it.</summary>
    /// <remarks>The addresses stay inside the lab's namespaces, so two labs could even share them; distinct ones keep captures readable.</remarks>
    public static string Choose(LabId id, IReadOnlySet<string> taken)
    {
        uint hash = 2166136261; // FNV-1a: the same choice for the same id on every machine and run.
        foreach (char c in id.Value)
        {
            hash = (hash ^ c) * 16777619;
        }

        for (int step = 0; step < Subnets; step++)
        {
            uint subnet = SharedSpace | (uint)((hash + step) % Subnets) << 8;
            string text = string.Create(CultureInfo.InvariantCulture, $"{Text(subnet)}/24");
            if (!taken.Contains(text))
            {
                return text;
            }
        }

        throw new LabException("every underlay subnet of 100.64.0.0/10 is in use by a recorded lab");
    }

    /// <summary>The n-th address of an underlay.</summary>
    public static string Address(string underlay, byte host) => underlay[..(underlay.LastIndexOf('.') + 1)] + host.ToString(CultureInfo.InvariantCulture);

    /// <summary>Makes the namespaces of the lab and plugs the control plane and the nodes into the bridge.</summary>
    public static async Task CreateAsync(LabRecord lab, Ledger ledger, CancellationToken cancellationToken)
    {
        string prefix = LabId.Parse(lab.Id).Prefix;
        string wire = $"{prefix}-underlay";
        string[] namespaces = [wire, lab.CentralNamespace, .. lab.Nodes.Select(n => n.Namespace)];
        foreach (string name in namespaces)
        {
            ledger.Add(new NamespaceMade(name));
        }

        await Task.WhenAll(namespaces.Select(n => Tool.RunAsync("ip", ["netns", "add", n], cancellationToken)));
        IEnumerable<string> plugs = lab.Nodes
            .Select((node, i) => (node.Namespace, Port: $"{prefix}n{i + 1}"))
            .Prepend((lab.CentralNamespace, Port: $"{prefix}c"))
            .SelectMany(p => new[]
            {
                $"link add name {p.Port} mtu {Mtu} type veth peer name eth0 mtu {Mtu} netns {p.Item1}",
                $"link set {p.Port} up master {prefix}br",
            });
        string[] script = [$"link add name {prefix}br mtu {Mtu} type bridge", $"link set {prefix}br up", .. plugs];
        await Tool.RunAsync("ip", ["-n", wire, "-batch", "-"], cancellationToken, string.Join('\n', script));
        string central = $"link set lo up\nlink set eth0 up\naddress add {lab.CentralAddress}/24 dev eth0";
        await Tool.RunAsync("ip", ["-n", lab.CentralNamespace, "-batch", "-"], cancellationToken, central);
    }

    private static string Text(uint address) => new IPAddress(IPAddress.HostToNetworkOrder(unchecked((int)address)) & 0xFFFFFFFFL).ToString();
}
