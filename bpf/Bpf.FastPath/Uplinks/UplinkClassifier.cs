using System.Runtime.InteropServices;
using Bpf.FastPath.Endpoints;
using Bpf.FastPath.Flows;
using Bpf.Interop;
using Fabric.Primitives;

namespace Bpf.FastPath.Uplinks;

/// <summary>An endpoint's address in its routing domain.</summary>
/// <param name="Domain">The routing domain.</param>
/// <param name="Address">The address.</param>
public readonly record struct EndpointAddress(uint Domain, IpAddress Address);

/// <summary>
/// The program that says in which class a frame waits for the node's uplink (bpf/programs/uplink.bpf.c), for the egress of the NIC.
/// An attached filter keeps it alive; the one that another process attaches then begins with what that process knows.
/// </summary>
public sealed class UplinkClassifier : IDisposable
{
    /// <summary>Its name, as <c>tc filter show</c> has it.</summary>
    public const string Name = "to_wire";

    /// <summary>UPLINK_HANDLE of uplink_types.h.</summary>
    public const uint Handle = 0x0005_0000;

    /// <summary>UPLINK_FIRST_CLASS: the class of priority 0; that of 7 is seven more.</summary>
    public const ushort FirstClass = 0x10;

    /// <summary>UPLINK_NODE_CLASS: the class of what the node itself sends.</summary>
    public const ushort NodeClass = 0x18;

    // IPv4, IPv6, and some that it may send with besides.
    private const int AddressesOfOne = 8;

    private readonly BpfProgram _program;
    private readonly BpfHashMap<UplinkAddress, uint> _priorities;

    private UplinkClassifier(BpfObject loaded)
    {
        _program = loaded.GetProgram(Name);
        _priorities = loaded.GetHashMap<UplinkAddress, uint>("uplink_priority");
    }

    /// <summary>Its descriptor.</summary>
    public SafeHandle Program => _program.Descriptor;

    internal static UplinkClassifier Load(BpfHashMap<uint, FastTunnel> tunnels, DatapathOptions options)
    {
        using var opened = BpfObjects.Open(BpfObjects.Uplink);
        opened.SetMaxEntries(tunnels.Name, options.MaxTunnels);
        opened.SetMaxEntries("uplink_priority", AddressesOfOne * options.MaxEndpoints);
        opened.Share(tunnels);
        opened.Load();
        return new UplinkClassifier(opened);
    }

    /// <summary>Tells which priority, 1 to 7, each endpoint's address has; all others have 0.</summary>
    /// <exception cref="BpfException">There are more than fit.</exception>
    public void Set(IReadOnlyDictionary<EndpointAddress, int> priorities)
    {
        ArgumentNullException.ThrowIfNull(priorities);
        foreach (var (key, _) in _priorities.Entries().Where(row => !priorities.ContainsKey(new(row.Key.domain, row.Key.address.ToAddress()))).ToArray())
        {
            _priorities.Remove(key);
        }

        foreach (var ((domain, address), priority) in priorities)
        {
            var key = new UplinkAddress { domain = domain, address = AddressBytes.Of(address) };
            if (!_priorities.TryGet(key, out var before) || before != priority)
            {
                _priorities.Set(key, (uint)priority);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _program.Dispose();
        _priorities.Dispose();
    }
}
