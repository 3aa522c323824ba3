using System.Runtime.InteropServices;
using Bpf.FastPath.Endpoints;
using Bpf.FastPath.Flows;
using Bpf.Interop;
using Fabric.Primitives;

namespace Bpf.FastPath.Uplinks;

/// <summary>What an endpoint may send from, in its routing domain.</summary>
/// <param name="Domain">The routing domain.</param>
/// <param name="Prefix">An address or a network.</param>
public readonly record struct SenderPrefix(uint Domain, IpPrefix Prefix);

/// <summary>
/// The program that says in which class a frame waits for the node's uplink (bpf/programs/uplink.bpf.c), for the egress of the NIC.
/// An attached filter keeps it alive; the one that another process attaches goes on with what that one was told.
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

    private const string Rows = "uplink_priority";

    // IPv4, IPv6, and some that it may send with besides.
    private const int PrefixesOfOne = 8;

    private readonly BpfProgram _program;
    private readonly BpfHashMap<UplinkPrefix, uint> _rows;
    private readonly Dictionary<SenderPrefix, int> _told = [];

    private UplinkClassifier(BpfObject loaded)
    {
        _program = loaded.GetProgram(Name);
        _rows = loaded.GetHashMap<UplinkPrefix, uint>(Rows);
    }

    /// <summary>Its descriptor.</summary>
    public SafeHandle Program => _program.Descriptor;

    internal static UplinkClassifier Load(BpfHashMap<uint, FastTunnel> tunnels, DatapathOptions options, uint? running)
    {
        var maps = MapsOf(running);
        try
        {
            using var opened = BpfObjects.Open(BpfObjects.Uplink);
            opened.SetMaxEntries(tunnels.Name, options.MaxTunnels);
            opened.SetMaxEntries(Rows, PrefixesOfOne * options.MaxEndpoints);
            opened.TryReuse([.. maps.Where(map => map.Name == Rows)]);
            opened.Share(tunnels);
            opened.Load();
            return new UplinkClassifier(opened);
        }
        finally
        {
            foreach (var map in maps)
            {
                map.Dispose();
            }
        }
    }

    /// <summary>
    /// Tells which priority, 0 to 7, goes with what is sent from where; the longest prefix counts. What the process before was told
    /// stays until something is told of the same prefix.
    /// </summary>
    /// <exception cref="BpfException">There are more than fit.</exception>
    public void Set(IReadOnlyDictionary<SenderPrefix, int> priorities)
    {
        ArgumentNullException.ThrowIfNull(priorities);
        foreach (var gone in _told.Keys.Where(prefix => !priorities.ContainsKey(prefix)).ToArray())
        {
            _rows.Remove(UplinkPrefix.Of(gone.Domain, gone.Prefix));
            _told.Remove(gone);
        }

        foreach (var (prefix, priority) in priorities)
        {
            if (!_told.TryGetValue(prefix, out var before) || before != priority)
            {
                _rows.Set(UplinkPrefix.Of(prefix.Domain, prefix.Prefix), (uint)priority);
                _told[prefix] = priority;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _program.Dispose();
        _rows.Dispose();
    }

    private static IReadOnlyList<BpfMap> MapsOf(uint? running)
    {
        try
        {
            return running is { } program ? BpfMap.OfProgram(program) : [];
        }
        catch (BpfException)
        {
            // Without the right to look at them they are as good as not there.
            return [];
        }
    }
}
