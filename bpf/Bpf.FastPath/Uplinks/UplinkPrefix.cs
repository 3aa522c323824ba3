using System.Runtime.InteropServices;
using Bpf.FastPath.Flows;
using Fabric.Primitives;

namespace Bpf.FastPath.Uplinks;

/// <summary>struct uplink_prefix of uplink_types.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct UplinkPrefix
{
    private const int DomainBits = 32;

    // Of ::ffff:0:0/96.
    private const int MappedBits = 96;

    public uint bits;
    public uint domain;
    public AddressBytes address;

    public static UplinkPrefix Of(uint domain, IpPrefix prefix) => new()
    {
        bits = (uint)(DomainBits + (prefix.IsV4 ? MappedBits : 0) + prefix.Length),
        domain = domain,
        address = AddressBytes.Of(prefix.Network),
    };
}
