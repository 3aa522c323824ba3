using System.Runtime.InteropServices;
using Bpf.FastPath.Flows;

namespace Bpf.FastPath.Uplinks;

/// <summary>struct uplink_address of uplink_types.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct UplinkAddress
{
    public uint domain;
    public AddressBytes address;
}
