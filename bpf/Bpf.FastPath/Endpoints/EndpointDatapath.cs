using Bpf.FastPath.Flows;
using Bpf.FastPath.Migration;
using Bpf.FastPath.Uplinks;
using Bpf.Interop;

namespace Bpf.FastPath.Endpoints;

/// <summary>
/// The programs that join each endpoint's veth to its Open vSwitch port, loaded once and attached to every endpoint of the
/// node: with the fast path (bpf/programs/fastpath.bpf.c), or without it (endpoint.bpf.c) where it is not wanted or does
/// not load.
/// </summary>
/// <remarks>
/// Nothing is pinned. An attached filter keeps its program and maps alive, so endpoints and their flows go on when the
/// process ends. The process that follows finds the maps by the programs that run, and takes them over if they are of the
/// same shape; then it takes the place of the old filters one device at a time, each in a single step. Maps of another
/// shape are left to the old programs: the flows then take one exchange through Open vSwitch and are fast again.
/// </remarks>
public sealed class EndpointDatapath : IDisposable
{
    /// <summary>As many endpoints as a node holds unless told otherwise.</summary>
    public const int DefaultMaxEndpoints = 4096;

    private const string FromEndpoint = "from_endpoint";
    private const string FromOvs = "from_ovs";
    private const string FromSum = "from_sum";
    private const int DevicesPerEndpoint = 2;

    // SHAPER_OF_MANY of endpoint_types.h.
    private const uint ShaperOfMany = 0;

    // The NIC is counted as well; one more, so that a node's NIC may be exchanged.
    private const int UnderlayDevices = 2;

    private readonly Lock _lock = new();
    private readonly HashSet<EndpointDevices> _attached = [];

    // By the host end. What is not in it is as the maps have it.
    private readonly Dictionary<int, EndpointShaping> _shaping = [];

    // By the host end.
    private readonly Dictionary<int, UplinkSender> _senders = [];
    private readonly IIngressHooks _hooks;
    private readonly BpfProgram _fromEndpoint;
    private readonly BpfProgram _fromOvs;
    private readonly BpfProgram _fromSum;
    private readonly BpfHashMap<uint, EndpointPeer> _peers;
    private readonly BpfHashMap<uint, uint> _shapers;
    private readonly BpfPerCpuHashMap<uint, EndpointCountersRow> _stats;
    private readonly int _maxEntries;

    private EndpointDatapath(BpfObject loaded, IIngressHooks hooks, int maxEntries, FlowCache? fastPath, string? fault, bool isTakenOver)
    {
        _hooks = hooks;
        _maxEntries = maxEntries;
        _fromEndpoint = loaded.GetProgram(FromEndpoint);
        _fromOvs = loaded.GetProgram(FromOvs);
        _fromSum = loaded.GetProgram(FromSum);
        _peers = loaded.GetHashMap<uint, EndpointPeer>("endpoint_peers");
        _shapers = loaded.GetHashMap<uint, uint>("endpoint_shapers");
        _stats = loaded.GetPerCpuHashMap<uint, EndpointCountersRow>("endpoint_stats");
        FastPath = fastPath;
        FastPathFault = fault;
        IsTakenOver = isTakenOver;
    }

    /// <summary>What the fast path remembers and is told; null when the node runs on Open vSwitch alone.</summary>
    public FlowCache? FastPath { get; }

    /// <summary>Why the fast path did not load, for people; null when it did or is not wanted.</summary>
    public string? FastPathFault { get; }

    /// <summary>Whether the maps are those of the programs that an earlier process left running.</summary>
    public bool IsTakenOver { get; }

    /// <summary>The endpoints that this process has attached.</summary>
    public IReadOnlyCollection<EndpointDevices> Attached
    {
        get
        {
            lock (_lock)
            {
                return [.. _attached];
            }
        }
    }

    /// <summary>Told when <see cref="Attached"/> has changed; must not wait.</summary>
    public event EventHandler? Changed;

    /// <summary>Loads the programs; once for each process, 50 to 300 ms.</summary>
    /// <param name="hooks">Attaches them in the node's namespace.</param>
    /// <param name="options">The sizes of the maps.</param>
    /// <exception cref="BpfException">The machine cannot load them, not even without the fast path; the message names what is missing.</exception>
    public static EndpointDatapath Load(IIngressHooks hooks, DatapathOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(hooks);
        options ??= new();
        if (!options.FastPath)
        {
            return LoadGlue(hooks, options, fault: null);
        }

        try
        {
            var loaded = LoadObject(BpfObjects.FastPath, hooks, options, out var isTakenOver);
            using (loaded)
            {
                return new EndpointDatapath(loaded, hooks, options.MaxEndpoints * DevicesPerEndpoint, new FlowCache(loaded, hooks, options), fault: null, isTakenOver);
            }
        }
        catch (BpfException e)
        {
            return LoadGlue(hooks, options, e.Message);
        }
    }

    /// <summary>Joins an endpoint's devices, or takes over those that an earlier process joined; what is known of them stays.</summary>
    /// <remarks>The maps are filled before a program can look into them. A new endpoint is in no routing domain.</remarks>
    /// <exception cref="BpfException">The maps are full.</exception>
    public void Attach(EndpointDevices devices)
    {
        Fill(devices);
        Guard(devices.OvsIndex);
        _hooks.Attach(devices.HostIndex, _fromEndpoint.Descriptor, _fromEndpoint.Name);
        Changed?.Invoke(this, EventArgs.Empty);
    }

    /// <summary>Loads what a VM's endpoint needs around its migrations; some 10 ms.</summary>
    /// <param name="running">The kernel's numbers of the programs that an earlier process left on the VM's tap: what they know of it is taken over.</param>
    /// <param name="isTarget">Whether it is to keep frames, which takes 8 MiB.</param>
    /// <exception cref="BpfException">The machine cannot load it.</exception>
    public MigrationGate LoadGate(IEnumerable<uint> running, bool isTarget) => MigrationGate.Load(_peers, _stats, _hooks, running, isTarget);

    /// <summary>Has what Open vSwitch sends to a port be dropped until there is an endpoint: the node's own stack must not see it.</summary>
    public void Guard(int ovsIndex) => _hooks.Attach(ovsIndex, _fromOvs.Descriptor, _fromOvs.Name);

    /// <summary>As <see cref="Attach"/>, for a port that this process guards already.</summary>
    /// <exception cref="BpfException">The maps are full.</exception>
    public void Join(EndpointDevices devices)
    {
        Fill(devices);
        _hooks.Attach(devices.HostIndex, _fromEndpoint.Descriptor, _fromEndpoint.Name);
        Changed?.Invoke(this, EventArgs.Empty);
    }

    /// <summary>Puts an endpoint into a routing domain: with others of the same it exchanges frames fast.</summary>
    /// <param name="devices">The endpoint.</param>
    /// <param name="domain">The domain; 0 leaves every frame to Open vSwitch.</param>
    /// <returns>Whether it was in another, or false for an endpoint that is not attached.</returns>
    public bool SetDomain(EndpointDevices devices, uint domain) => Change(devices, peer => peer with { domain = domain });

    /// <summary>Has an endpoint's frames go through queues that hold them back, and be marked, from the next frame on.</summary>
    /// <remarks>
    /// Said before the endpoint is attached, it counts from its first frame; and it stays when it is attached again. The devices of a
    /// shaper that is given up must stay until this returns; one of many endpoints is forgotten by itself (<see cref="Forget(int)"/>).
    /// </remarks>
    /// <exception cref="BpfException">The maps are full.</exception>
    public void Shape(EndpointDevices devices, EndpointShaping shaping)
    {
        lock (_lock)
        {
            if (_shaping.TryGetValue(devices.HostIndex, out var before) && before == shaping)
            {
                return;
            }

            _shaping[devices.HostIndex] = shaping;
            if (_attached.Contains(devices))
            {
                TakeUp(devices.HostIndex, shaping);
                Change((uint)devices.OvsIndex, peer => peer.Shaped(Towards(shaping)));
                Change((uint)devices.HostIndex, peer => peer.Shaped(shaping));
            }

            if (before.Shaper is { } given && given != shaping.Shaper)
            {
                _shapers.Remove((uint)given.FarIndex);
            }
        }
    }

    /// <summary>Says from where an endpoint sends, and how important that is where the node's uplink is full.</summary>
    public void SetSender(EndpointDevices devices, UplinkSender sender)
    {
        lock (_lock)
        {
            if (_senders.TryGetValue(devices.HostIndex, out var before) && before == sender)
            {
                return;
            }

            _senders[devices.HostIndex] = sender;
        }

        Changed?.Invoke(this, EventArgs.Empty);
    }

    /// <summary>What was said of the endpoints in <see cref="Attached"/>; of some this process may not have been told yet.</summary>
    public IReadOnlyCollection<UplinkSender> Senders
    {
        get
        {
            lock (_lock)
            {
                return [.. _attached.Select(devices => _senders.GetValueOrDefault(devices.HostIndex)).OfType<UplinkSender>()];
            }
        }
    }

    /// <summary>Lets an endpoint send router advertisements (RFC 4861 §4.2), which are dropped otherwise: OVN has no rule for them.</summary>
    /// <returns>Whether that is a change, or false for an endpoint that is not attached.</returns>
    public bool SetAdvertises(EndpointDevices devices, bool advertises) =>
        Change(devices, peer => peer with { flags = advertises ? peer.flags | EndpointPeer.Advertises : peer.flags & ~EndpointPeer.Advertises });

    /// <summary>Parts an endpoint's devices; both may be gone already.</summary>
    public void Detach(EndpointDevices devices)
    {
        _hooks.Detach(devices.HostIndex);
        _hooks.Detach(devices.OvsIndex);
        Forget(devices);
    }

    /// <summary>Removes what the maps say of an endpoint whose devices are gone: the kernel may give their numbers again.</summary>
    public void Forget(EndpointDevices devices)
    {
        lock (_lock)
        {
            ForgetDevice(devices.HostIndex);
            ForgetDevice(devices.OvsIndex);
        }

        Changed?.Invoke(this, EventArgs.Empty);
    }

    /// <summary>Removes what the maps say of one device: what still comes in by it is dropped.</summary>
    public void Forget(int device)
    {
        lock (_lock)
        {
            ForgetDevice(device);
        }

        Changed?.Invoke(this, EventArgs.Empty);
    }

    /// <summary>Forgets every endpoint that this process has not attached: those whose devices went while no process looked.</summary>
    public void ForgetUnattached()
    {
        lock (_lock)
        {
            var devices = _attached.SelectMany(each => new[] { (uint)each.HostIndex, (uint)each.OvsIndex }).ToHashSet();
            foreach (var (device, _) in _peers.Entries().Where(row => !devices.Contains(row.Key)).ToArray())
            {
                _peers.Remove(device);
                _stats.Remove(device);
            }

            // Those of many stay: who goes through them was not said by this process, and they are forgotten by name.
            foreach (var (far, _) in _shapers.Entries().Where(row => row.Value != ShaperOfMany && !devices.Contains(row.Value)).ToArray())
            {
                _shapers.Remove(far);
            }
        }
    }

    /// <returns>The counters, or null for an endpoint that is not attached.</returns>
    public EndpointCounters? ReadCounters(EndpointDevices devices) =>
        CountersOf.Device(_stats, devices.HostIndex) is { } sent && CountersOf.Device(_stats, devices.OvsIndex) is { } received
            ? new EndpointCounters(sent, received)
            : null;

    /// <summary>How full the maps are.</summary>
    public IReadOnlyList<MapSize> ReadMapSizes() =>
    [
        new(_peers.Name, _peers.Count(_maxEntries), _maxEntries),
        new(_stats.Name, _stats.Count(_maxEntries + UnderlayDevices), _maxEntries + UnderlayDevices),
        new(_shapers.Name, _shapers.Count(_maxEntries / DevicesPerEndpoint), _maxEntries / DevicesPerEndpoint),
    ];

    /// <inheritdoc/>
    public void Dispose()
    {
        FastPath?.Dispose();
        _fromEndpoint.Dispose();
        _fromOvs.Dispose();
        _fromSum.Dispose();
        _peers.Dispose();
        _shapers.Dispose();
        _stats.Dispose();
    }

    private static EndpointDatapath LoadGlue(IIngressHooks hooks, DatapathOptions options, string? fault)
    {
        using var loaded = LoadObject(BpfObjects.Endpoint, hooks, options, out var isTakenOver);
        return new EndpointDatapath(loaded, hooks, options.MaxEndpoints * DevicesPerEndpoint, fastPath: null, fault, isTakenOver);
    }

    private static BpfObject LoadObject(string name, IIngressHooks hooks, DatapathOptions options, out bool isTakenOver)
    {
        var running = RunningMaps(hooks);
        var opened = BpfObjects.Open(name);
        try
        {
            opened.SetMaxEntries("endpoint_peers", options.MaxEndpoints * DevicesPerEndpoint);
            opened.SetMaxEntries("endpoint_shapers", options.MaxEndpoints);
            opened.SetMaxEntries("endpoint_stats", (options.MaxEndpoints * DevicesPerEndpoint) + UnderlayDevices);
            if (name == BpfObjects.FastPath)
            {
                FlowCache.Size(opened, options);
            }

            isTakenOver = FlowCache.MayTakeOver(running) && opened.TryReuse(running);
            opened.Load();
            return opened;
        }
        catch
        {
            opened.Dispose();
            throw;
        }
        finally
        {
            foreach (var map in running)
            {
                map.Dispose();
            }
        }
    }

    private static IReadOnlyList<BpfMap> RunningMaps(IIngressHooks hooks)
    {
        try
        {
            return hooks.FindRunning(FromEndpoint) is { } program ? BpfMap.OfProgram(program) : [];
        }
        catch (BpfException)
        {
            // Without the right to look at them they are as good as not there.
            return [];
        }
    }

    private void Fill(EndpointDevices devices)
    {
        var (host, ovs) = ((uint)devices.HostIndex, (uint)devices.OvsIndex);
        lock (_lock)
        {
            EndpointShaping? shaping = _shaping.TryGetValue(devices.HostIndex, out var known) ? known : null;
            Pair(host, ovs, shaping);
            Pair(ovs, host, shaping is { } other ? Towards(other) : null);
            TakeUp(devices.HostIndex, shaping ?? default);
            _attached.Add(devices);
        }
    }

    /// <summary>Of an endpoint's shaping, what concerns the frames that Open vSwitch sends it.</summary>
    private static EndpointShaping Towards(EndpointShaping shaping) => shaping with { Shaper = null, SumOut = null };

    /// <summary>Has what comes out of shapers be taken up; before anything is sent into them. The host end's row is there.</summary>
    private void TakeUp(int host, EndpointShaping shaping)
    {
        TakeUp(shaping.Shaper, (uint)host, _fromEndpoint);
        TakeUp(shaping.SumOut, ShaperOfMany, _fromEndpoint);
        TakeUp(shaping.SumIn, ShaperOfMany, _fromSum);
    }

    private void TakeUp(ShaperDevices? shaper, uint host, BpfProgram program)
    {
        if (shaper is { } devices)
        {
            _shapers.Set((uint)devices.FarIndex, host);
            _hooks.Attach(devices.FarIndex, program.Descriptor, program.Name);
        }
    }

    private void ForgetDevice(int device)
    {
        _attached.RemoveWhere(each => each.HostIndex == device || each.OvsIndex == device);
        _peers.Remove((uint)device);
        _stats.Remove((uint)device);
        _shapers.Remove((uint)device);
        _senders.Remove(device);
        if (_shaping.Remove(device, out var gone) && gone.Shaper is { } shaper)
        {
            _shapers.Remove((uint)shaper.FarIndex);
        }
    }

    /// <summary>What an earlier process wrote of the same pair stays: its domain, its shaping unless another is wanted, and its counters.</summary>
    private void Pair(uint device, uint other, EndpointShaping? shaping)
    {
        if (!_peers.TryGet(device, out var peer) || peer.ifindex != other || _stats.Get(device) is null)
        {
            _stats.Reset(device);
            _peers.Set(device, new EndpointPeer { ifindex = other }.Shaped(shaping ?? default));
        }
        else if (shaping is { } wanted)
        {
            Change(device, row => row.Shaped(wanted));
        }
    }

    private bool Change(EndpointDevices devices, Func<EndpointPeer, EndpointPeer> change)
    {
        lock (_lock)
        {
            // Both, whatever the first came to.
            return Change((uint)devices.HostIndex, change) | Change((uint)devices.OvsIndex, change);
        }
    }

    /// <summary>Changes the row of a device, where there is one; all of it in one step.</summary>
    private bool Change(uint device, Func<EndpointPeer, EndpointPeer> change)
    {
        if (!_peers.TryGet(device, out var peer))
        {
            return false;
        }

        var wanted = change(peer);
        if (wanted == peer)
        {
            return false;
        }

        _peers.Set(device, wanted);
        return true;
    }
}
