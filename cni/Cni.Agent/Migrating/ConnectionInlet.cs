using Cni.Datapath.Conntrack;
using Cni.Netlink;

namespace Cni.Agent.Migrating;

/// <summary>Has the switch of this node get to know the connections of a VM that comes, by a frame of each at the VM's port.</summary>
/// <param name="port">The VM's port.</param>
/// <param name="takesTcp">
/// Whether segments out of sequence are taken. Where they are not, a frame that has no sequence number would have those of the VM be
/// refused.
/// </param>
internal sealed class ConnectionInlet(PacketSocket port, Func<bool> takesTcp) : IDisposable
{
    internal void Learn(IEnumerable<ReadOnlyMemory<byte>> frames)
    {
        var tcp = takesTcp();
        foreach (var frame in frames)
        {
            if (tcp || !ConnectionFrame.IsTcp(frame.Span))
            {
                port.Send(frame.Span);
            }
        }
    }

    public void Dispose() => port.Dispose();
}
