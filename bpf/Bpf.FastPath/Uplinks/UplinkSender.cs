using Fabric.Primitives;

namespace Bpf.FastPath.Uplinks;

/// <summary>What an endpoint sends, where its node's uplink is full.</summary>
/// <param name="Network">The logical switch that it is in, by its name.</param>
/// <param name="Prefixes">All that it may send from.</param>
/// <param name="Priority">How important it is: 0 (last) to 7 (first).</param>
public sealed record UplinkSender(string Network, EquatableArray<IpPrefix> Prefixes, int Priority);
