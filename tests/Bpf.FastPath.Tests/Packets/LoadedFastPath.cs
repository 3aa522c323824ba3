using Bpf.FastPath.Endpoints;
using Bpf.FastPath.Flows;
using Bpf.Interop;

namespace Bpf.FastPath.Tests.Packets;

/// <summary>The programs of the fast path in the kernel, attached to nothing, for frames that tests hand them.</summary>
internal static class LoadedFastPath
{
    /// <summary>Turned on, with ages that never end; one device is endpoint, its port and the underlay at once.</summary>
    public static BpfObject Load(uint device, uint domain, uint vni)
    {
        var loaded = BpfObjects.Open(BpfObjects.FastPath);
        loaded.Load();
        using var config = loaded.GetHashMap<uint, FastConfig>("fast_config");
        config.Set(0, new FastConfig
        {
            epoch = 1, enabled = 1, underlay = device, underlay_port = device, layout = FastConfig.Layout,
            soft_age = ulong.MaxValue, hard_age = ulong.MaxValue, reverse_age = ulong.MaxValue, retry_age = ulong.MaxValue, silent_age = ulong.MaxValue,
        });
        using var peers = loaded.GetHashMap<uint, EndpointPeer>("endpoint_peers");
        peers.Set(device, new EndpointPeer { ifindex = device, domain = domain });
        using var tunnels = loaded.GetHashMap<uint, FastTunnel>("fast_tunnels");
        tunnels.Set(vni, new FastTunnel { domain = domain });
        using var stats = loaded.GetPerCpuHashMap<uint, EndpointCountersRow>("endpoint_stats");
        stats.Reset(device);
        return loaded;
    }
}
