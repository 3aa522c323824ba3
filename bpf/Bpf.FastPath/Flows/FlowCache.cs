using System.Diagnostics;
using Bpf.FastPath.Endpoints;
using Bpf.FastPath.Uplinks;
using Bpf.Interop;
using Fabric.Primitives;

namespace Bpf.FastPath.Flows;

/// <summary>
/// What the fast path of the node remembers, and what it is told: whether it is on, which epoch it is, which addresses
/// have moved, and which routing domain a tunnel key stands for.
/// </summary>
public sealed class FlowCache : IDisposable
{
    /// <summary>The program on the NIC, as <c>tc filter show</c> names it.</summary>
    public const string FromUnderlay = "from_underlay";

    /// <summary>The program on the switch's port that leads to the NIC.</summary>
    public const string ToUnderlay = "to_underlay";

    private readonly Lock _lock = new();
    private readonly IIngressHooks _hooks;
    private readonly BpfProgram _fromUnderlay;
    private readonly BpfProgram _toUnderlay;
    private readonly FlowMaps _maps;
    private readonly BpfHashMap<uint, FastTunnel> _tunnels;
    private readonly BpfMappedArray<FastGeneration> _generations;
    private readonly DatapathOptions _options;
    private readonly HashSet<IpAddress> _held = [];
    private HashSet<int> _heldRows;
    private UnderlayDevices? _underlay;

    internal FlowCache(BpfObject loaded, IIngressHooks hooks, DatapathOptions options)
    {
        _hooks = hooks;
        _options = options;
        _fromUnderlay = loaded.GetProgram(FromUnderlay);
        _toUnderlay = loaded.GetProgram(ToUnderlay);
        _maps = FlowMaps.Of(loaded);
        _tunnels = loaded.GetHashMap<uint, FastTunnel>("fast_tunnels");
        _generations = loaded.MapArray<FastGeneration>("fast_generations");
        // Flows that an earlier process left go on; a new map begins with an epoch that no entry has.
        Configure(config => config with { layout = FastConfig.Layout, held = 0, epoch = Math.Max(config.epoch, 1) });
        // Left by a process that ended while a VM was moving here.
        _heldRows = [.. Enumerable.Range(0, _generations.Count).Where(row => _generations[row].held != 0)];
        HoldRows([]);
    }

    /// <summary>Whether frames take the fast path.</summary>
    public bool IsEnabled => _maps.Config is { enabled: not 0, held: 0 };

    /// <summary>Whether what comes out of Open vSwitch is remembered: not while a change of policy is being installed.</summary>
    public bool IsLearning => (ulong)Stopwatch.GetTimestamp() >= _maps.Config.learn_after;

    /// <summary>Whether an operator has turned it off until the agent starts again.</summary>
    public bool IsHeld => _maps.Config.held != 0;

    /// <summary>Turns it on.</summary>
    public void Enable(FastPathAges ages)
    {
        ArgumentNullException.ThrowIfNull(ages);
        Configure(config => config with
        {
            soft_age = Nanoseconds(ages.Soft),
            hard_age = Nanoseconds(ages.Hard),
            reverse_age = Nanoseconds(ages.Reverse),
            retry_age = Nanoseconds(ages.Retry),
            silent_age = Nanoseconds(ages.Silent),
            enabled = 1,
        });
    }

    /// <summary>Turns it off: every frame goes through Open vSwitch from now on, and nothing is learned.</summary>
    public void Disable() => Configure(config => config with { enabled = 0 });

    /// <summary>The version of policy that is in force as far as was told.</summary>
    public ulong Policy => _maps.Config.policy;

    /// <summary>Tells that another version of policy is in force: nothing that is remembered is used any more.</summary>
    /// <param name="version">The version.</param>
    /// <param name="grace">For so long nothing new is remembered either.</param>
    public void SetPolicy(ulong version, TimeSpan grace)
    {
        RaiseEpoch(grace);
        // Last: whoever is killed before does it again.
        Configure(config => config with { policy = version });
    }

    /// <summary>Has nothing that is remembered be used any more, because policy or routes may have changed.</summary>
    /// <param name="grace">For so long nothing new is remembered either.</param>
    public void RaiseEpoch(TimeSpan grace)
    {
        // In two steps: with the new epoch in force the grace must be already.
        var until = (ulong)Stopwatch.GetTimestamp() + Nanoseconds(grace);
        Configure(config => config with { learn_after = until });
        Configure(config => config with { epoch = config.epoch + 1 });
    }

    /// <summary>Has nothing that is remembered of these addresses be used any more, because they have moved or changed.</summary>
    /// <param name="domain">Their routing domain.</param>
    /// <param name="addresses">The addresses.</param>
    public void RaiseGeneration(uint domain, IEnumerable<IpAddress> addresses)
    {
        lock (_lock)
        {
            foreach (var address in addresses)
            {
                Raise(FastGeneration.RowOf(domain, address));
            }
        }
    }

    /// <summary>
    /// Leaves the flows of addresses to Open vSwitch until they are released: their VM is moving to this node, which keeps what
    /// Open vSwitch sends to it and teaches the fast path nothing, so that it would only ever see that they are elsewhere.
    /// </summary>
    /// <param name="addresses">The addresses; in every routing domain, because which one is theirs is not known meanwhile.</param>
    public void Hold(IEnumerable<IpAddress> addresses)
    {
        lock (_lock)
        {
            _held.UnionWith(addresses);
            HoldRows(RowsOf(_held));
        }
    }

    /// <summary>Undoes <see cref="Hold"/>. Nothing that was remembered of them is used.</summary>
    public void Release(IEnumerable<IpAddress> addresses)
    {
        lock (_lock)
        {
            var released = addresses.ToArray();
            foreach (var row in RowsOf(released))
            {
                Raise(row);
            }

            _held.ExceptWith(released);
            HoldRows(RowsOf(_held));
        }
    }

    /// <summary>Tells which routing domain each tunnel key stands for; others are left to Open vSwitch.</summary>
    /// <returns>Whether a key that stood for a domain stands for none or another: then what was learned through it is not used.</returns>
    public bool SetTunnels(IReadOnlyDictionary<uint, TunnelDomain> domains)
    {
        lock (_lock)
        {
            var isChanged = false;
            foreach (var (key, row) in _tunnels.Entries().ToArray())
            {
                if (!domains.TryGetValue(key, out var domain))
                {
                    _tunnels.Remove(key);
                    isChanged |= row.domain != 0;
                }
                else if (domain.Domain != row.domain)
                {
                    isChanged = true;
                }
            }

            foreach (var (key, domain) in domains)
            {
                _tunnels.Set(key, new FastTunnel { domain = domain.Domain, space = domain.Space });
            }

            // Held is held in domains that come later as well.
            HoldRows(RowsOf(_held));
            if (isChanged)
            {
                RaiseEpoch(TimeSpan.Zero);
            }

            return isChanged;
        }
    }

    /// <summary>Has frames from and to other nodes be fast as well, or no more.</summary>
    /// <param name="devices">The devices; null leaves the underlay to Open vSwitch.</param>
    public void AttachUnderlay(UnderlayDevices? devices)
    {
        lock (_lock)
        {
            if (_underlay == devices)
            {
                return;
            }

            if (_underlay is { } before)
            {
                _hooks.Detach(before.NicIndex);
                _hooks.Detach(before.PortIndex);
            }

            _underlay = devices;
            Configure(config => config with { underlay = (uint)(devices?.NicIndex ?? 0), underlay_port = (uint)(devices?.PortIndex ?? 0) });
            if (devices is not { } present)
            {
                return;
            }

            _maps.Count((uint)present.NicIndex);
            _hooks.Attach(present.PortIndex, _toUnderlay.Descriptor, _toUnderlay.Name);
            _hooks.Attach(present.NicIndex, _fromUnderlay.Descriptor, _fromUnderlay.Name);
        }
    }

    /// <summary>Loads what tells the classes of frames for the uplink; some 10 ms.</summary>
    /// <param name="running">The kernel's number of the one that an earlier process left running: what that was told is taken over.</param>
    /// <exception cref="BpfException">The machine cannot load it.</exception>
    public UplinkClassifier LoadUplink(uint? running) => UplinkClassifier.Load(_tunnels, _options, running);

    /// <summary>What is remembered now.</summary>
    public IEnumerable<Flow> ReadFlows() => _maps.ReadFlows();

    /// <summary>What was learned, and why not, since the maps were made.</summary>
    public EquatableArray<FastPathEventCount> ReadEvents() => _maps.ReadEvents();

    /// <summary>What came in from other nodes, or null without an underlay.</summary>
    public EndpointTraffic? ReadUnderlay() => _underlay is { } devices ? _maps.ReadCounters(devices.NicIndex) : null;

    /// <inheritdoc/>
    public void Dispose()
    {
        _fromUnderlay.Dispose();
        _toUnderlay.Dispose();
        _generations.Dispose();
        _maps.Dispose();
        _tunnels.Dispose();
    }

    internal static void Size(BpfObject opened, DatapathOptions options)
    {
        opened.SetMaxEntries("fast_flows", options.MaxFlows);
        opened.SetMaxEntries("fast_pending", options.MaxPending);
        opened.SetMaxEntries("fast_tunnels", options.MaxTunnels);
    }

    /// <summary>Whether running maps mean the same here: their shapes are looked at elsewhere.</summary>
    internal static bool MayTakeOver(IReadOnlyList<BpfMap> running)
    {
        if (running.FirstOrDefault(map => map.Name == "fast_config") is not { } config)
        {
            return running.Count > 0;
        }

        if (config.Shape.ValueSize != System.Runtime.CompilerServices.Unsafe.SizeOf<FastConfig>())
        {
            return false;
        }

        using var map = config.AsHashMap<uint, FastConfig>();
        return map.TryGet(0, out var row) && row.layout == FastConfig.Layout;
    }

    private static ulong Nanoseconds(TimeSpan time) => (ulong)time.Ticks * 100;

    private HashSet<int> RowsOf(IReadOnlyCollection<IpAddress> addresses) =>
        addresses.Count == 0
            ? []
            : [.. from domain in _tunnels.Entries().Select(row => row.Value.domain).Distinct() from address in addresses select FastGeneration.RowOf(domain, address)];

    /// <summary>Has these rows be held, and no others.</summary>
    private void HoldRows(HashSet<int> rows)
    {
        foreach (var row in _heldRows.Except(rows))
        {
            // Before it is released: what was learned meanwhile is not used.
            Raise(row);
            Volatile.Write(ref _generations[row].held, 0);
        }

        foreach (var row in rows)
        {
            Volatile.Write(ref _generations[row].held, 1);
        }

        _heldRows = rows;
    }

    private void Raise(int row) => Interlocked.Increment(ref _generations[row].raised);

    private void Configure(Func<FastConfig, FastConfig> change)
    {
        lock (_lock)
        {
            _maps.Config = change(_maps.Config);
        }
    }
}
