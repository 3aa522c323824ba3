using System.Globalization;
using System.Text.RegularExpressions;
using Fabric.Primitives;

namespace Cni.Datapath.Conntrack;

/// <summary>What a connection is of, by its IP protocol number.</summary>
public enum TrackedProtocol
{
    /// <summary>Echo of ICMP (RFC 792).</summary>
    Icmp = 1,

    /// <summary>TCP.</summary>
    Tcp = 6,

    /// <summary>UDP.</summary>
    Udp = 17,

    /// <summary>Echo of ICMPv6 (RFC 4443 §4).</summary>
    Icmp6 = 58,
}

/// <summary>A connection as Open vSwitch tracks it, seen from who opened it.</summary>
/// <param name="Protocol">What it is of.</param>
/// <param name="Source">Who opened it.</param>
/// <param name="Destination">Whom it was opened to.</param>
/// <param name="SourcePort">The port of who opened it; the identifier of an echo.</param>
/// <param name="DestinationPort">The other's port; 0 of an echo.</param>
public readonly partial record struct TrackedConnection(TrackedProtocol Protocol, IpAddress Source, IpAddress Destination, ushort SourcePort, ushort DestinationPort)
{
    private const string EchoRequest = "8";
    private const string EchoRequest6 = "128";

    /// <summary>Reads a line of <c>dpctl/dump-conntrack</c> (ovs-vswitchd(8)).</summary>
    /// <returns>Null for what no answer is to be let in by: one that was ended, forbidden or translated, another protocol, or no connection at all.</returns>
    public static TrackedConnection? Parse(string line)
    {
        ArgumentNullException.ThrowIfNull(line);
        var match = Line().Match(line);
        if (!match.Success
            || !IpAddress.TryParse(match.Groups["src"].Value, out var source) || !IpAddress.TryParse(match.Groups["dst"].Value, out var destination)
            || match.Groups["src"].Value != match.Groups["rdst"].Value || match.Groups["dst"].Value != match.Groups["rsrc"].Value
            || IsBlocked(match.Groups["mark"], NumberStyles.None) || IsBlocked(match.Groups["labels"], NumberStyles.AllowHexSpecifier))
        {
            return null;
        }

        return match.Groups["protocol"].Value switch
        {
            "tcp" when match.Groups["state"].Value == "ESTABLISHED" => WithPorts(TrackedProtocol.Tcp),
            "udp" => WithPorts(TrackedProtocol.Udp),
            "icmp" when match.Groups["type"].Value == EchoRequest => WithIdentifier(TrackedProtocol.Icmp),
            "icmpv6" when match.Groups["type"].Value == EchoRequest6 => WithIdentifier(TrackedProtocol.Icmp6),
            _ => null,
        };

        TrackedConnection? WithPorts(TrackedProtocol protocol) =>
            match.Groups["sport"].Value == match.Groups["rdport"].Value && match.Groups["dport"].Value == match.Groups["rsport"].Value
            && TryNumber(match.Groups["sport"], out var from) && TryNumber(match.Groups["dport"], out var to)
                ? new TrackedConnection(protocol, source, destination, from, to)
                : null;

        TrackedConnection? WithIdentifier(TrackedProtocol protocol) =>
            TryNumber(match.Groups["id"], out var identifier) ? new TrackedConnection(protocol, source, destination, identifier, 0) : null;
    }

    private static bool TryNumber(Group group, out ushort number) => ushort.TryParse(group.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    // ct_mark.blocked, ct_label.blocked of OVN before 22.06: the lowest bit, which the last digit tells, of a decimal number or a hexadecimal one.
    private static bool IsBlocked(Group flags, NumberStyles style) =>
        flags.Success && ulong.Parse(flags.ValueSpan[^1..], style, CultureInfo.InvariantCulture) % 2 != 0;

    [GeneratedRegex(
        @"^(?<protocol>[a-z0-9]+),orig=\(src=(?<src>[^,]+),dst=(?<dst>[^,]+),(?:sport=(?<sport>\d+),dport=(?<dport>\d+)|id=(?<id>\d+),type=(?<type>\d+),code=\d+)\)" +
        @",reply=\(src=(?<rsrc>[^,]+),dst=(?<rdst>[^,]+),(?:sport=(?<rsport>\d+),dport=(?<rdport>\d+)|id=\d+,type=\d+,code=\d+)\)" +
        @"(?:,zone=\d+)?(?:,mark=(?<mark>\d+))?(?:,labels=0x(?<labels>[0-9a-f]+))?(?:,protoinfo=\(state=(?<state>[A-Z_]+)\))?",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Line();
}
