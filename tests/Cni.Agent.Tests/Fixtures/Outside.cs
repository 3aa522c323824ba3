using System.Net;
using Fabric.Primitives;
using Node.Testing;

namespace Cni.Agent.Tests.Fixtures;

/// <summary>
/// A client beyond the node, on a wire of its own, and the node's way to the pod network: a port of the switch with an address in it, under
/// which it forwards, as an operator makes one who wants <c>portmap</c> to lead somewhere.
/// </summary>
internal sealed class Outside : IDisposable
{
    /// <summary>The node's address on the wire.</summary>
    public static readonly IPAddress Node = IPAddress.Parse("198.51.100.1");

    /// <summary>The port of the switch, in OVN as well.</summary>
    public const string Way = "toward-pods";

    private const string Wire = "outside";
    private const string Forwarding = "/proc/sys/net/ipv4/ip_forward";

    private static readonly string[] Masquerade = ["POSTROUTING", "-o", Way, "-j", "MASQUERADE"];

    private readonly SwitchFixture _switch;
    private readonly string _forwarded = File.ReadAllText(Forwarding);

    public Outside(SwitchFixture @switch, (EquatableArray<IpInterfaceAddress> Addresses, MacAddress Mac) way)
    {
        _switch = @switch;
        Client = new TestNetns("o");
        Command.Run("ip", "link", "add", "name", Wire, "type", "veth", "peer", "name", "eth0", "netns", Client.Name);
        Command.Run("ip", "addr", "add", $"{Node}/24", "dev", Wire);
        Command.Run("ip", "link", "set", Wire, "up");
        Client.Run("ip", "addr", "add", "198.51.100.2/24", "dev", "eth0");
        Client.Run("ip", "link", "set", "eth0", "up");
        Client.Run("ip", "route", "add", "default", "via", $"{Node}");

        _switch.Northbound("lsp-add", "web", Way, "--", "lsp-set-addresses", Way, $"{way.Mac} {way.Addresses[0].Address}");
        _switch.Switch(
            "add-port", "br-int", Way, "--", "set", "Interface", Way, "type=internal", $"mac=\"{way.Mac}\"", "mtu_request=1400", $"external_ids:iface-id={Way}");
        Command.Run("ip", "addr", "add", way.Addresses[0].ToString(), "dev", Way);
        Command.Run("ip", "link", "set", Way, "up");
        File.WriteAllText(Forwarding, "1");
        // Others on the machine may have its lock.
        Command.Run("iptables", ["-w", "-t", "nat", "-A", .. Masquerade]);
    }

    public TestNetns Client { get; }

    public void Dispose()
    {
        Command.TryRun("iptables", ["-w", "-t", "nat", "-D", .. Masquerade]);
        File.WriteAllText(Forwarding, _forwarded);
        // The wire goes with the client.
        Client.Dispose();
        _switch.Switch("--if-exists", "del-port", "br-int", Way);
        _switch.Northbound("--if-exists", "lsp-del", Way);
    }
}
