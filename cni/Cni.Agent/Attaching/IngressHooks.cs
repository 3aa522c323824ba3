using System.Runtime.InteropServices;
using Bpf.FastPath.Endpoints;
using Cni.Netlink;

namespace Cni.Agent.Attaching;

/// <summary>The fast path's programs on the node's devices, by rtnetlink.</summary>
internal sealed class IngressHooks(RouteSocket node) : IIngressHooks
{
    public void Attach(int linkIndex, SafeHandle program, string name)
    {
        node.EnsureClsact(linkIndex);
        node.AttachIngress(linkIndex, program, name);
    }

    public uint? FindRunning(string name) => node.GetLinks()
        .Where(link => DeviceNames.IsEndpoint(link.Name))
        .SelectMany(link => node.GetIngressFilters(link.Index))
        .FirstOrDefault(filter => filter.Name == name)?.ProgramId;

    public void Detach(int linkIndex)
    {
        try
        {
            node.DetachIngress(linkIndex);
        }
        catch (NetlinkException e) when (e.Errno is Errno.NoDevice)
        {
            // The device is gone, and its filter with it.
        }
    }
}
