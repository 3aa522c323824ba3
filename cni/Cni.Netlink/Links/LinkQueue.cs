namespace Cni.Netlink;

/// <summary>What became of the frames that were given to a link to send, of <c>struct rtnl_link_stats64</c>.</summary>
/// <param name="Sent">Frames it has sent; for a tap, frames that whoever holds it has read.</param>
/// <param name="Dropped">Frames it had no room for.</param>
public readonly record struct LinkQueue(long Sent, long Dropped);
