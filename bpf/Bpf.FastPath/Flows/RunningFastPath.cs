using Bpf.FastPath.Endpoints;
using Bpf.Interop;
using Fabric.Primitives;

namespace Bpf.FastPath.Flows;

/// <summary>The fast path that runs on a node, seen from outside its agent: for those who look, and for turning it off by hand.</summary>
public sealed class RunningFastPath : IDisposable
{
    private readonly FlowMaps _maps;

    private RunningFastPath(FlowMaps maps) => _maps = maps;

    /// <summary>Whether frames take the fast path.</summary>
    public bool IsEnabled => _maps.Config is { enabled: not 0, held: 0 };

    /// <summary>Whether it was turned off by hand.</summary>
    public bool IsHeld => _maps.Config.held != 0;

    /// <summary>How often policy or routes have changed, or may have.</summary>
    public uint Epoch => _maps.Config.epoch;

    /// <summary>The version of the northbound configuration in force (<c>nb_cfg</c>).</summary>
    public ulong Policy => _maps.Config.policy;

    /// <summary>The tunnel's NIC by its ifindex; 0 when only the node's own flows are fast.</summary>
    public int UnderlayIndex => (int)_maps.Config.underlay;

    /// <summary>Opens what a program uses.</summary>
    /// <param name="programId">The kernel's number of a program that an agent attached.</param>
    /// <returns>Null when the program has no fast path: the node runs on Open vSwitch alone.</returns>
    /// <exception cref="BpfException">The kernel refuses, or another version of fabric made the maps.</exception>
    public static RunningFastPath? Open(uint programId)
    {
        var running = BpfMap.OfProgram(programId);
        try
        {
            return FlowMaps.Of(running) is { } maps ? new RunningFastPath(maps) : null;
        }
        finally
        {
            foreach (var map in running)
            {
                map.Dispose();
            }
        }
    }

    /// <summary>Has every frame go through Open vSwitch, until <see cref="Release"/> or until an agent starts. No frame is lost to it.</summary>
    public void Hold() => _maps.Config = _maps.Config with { held = 1 };

    /// <summary>Lets flows be fast again. What was learned before is not used.</summary>
    public void Release() => _maps.Config = _maps.Config with { held = 0, epoch = _maps.Config.epoch + 1 };

    /// <summary>What is remembered now.</summary>
    public IEnumerable<Flow> ReadFlows() => _maps.ReadFlows();

    /// <summary>What was learned, and why not, since the maps were made.</summary>
    public EquatableArray<FastPathEventCount> ReadEvents() => _maps.ReadEvents();

    /// <summary>What came in by a device, or null for one that is not counted.</summary>
    public EndpointTraffic? ReadCounters(int linkIndex) => _maps.ReadCounters(linkIndex);

    /// <inheritdoc/>
    public void Dispose() => _maps.Dispose();
}
