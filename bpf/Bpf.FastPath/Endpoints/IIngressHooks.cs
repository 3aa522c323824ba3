using System.Runtime.InteropServices;

namespace Bpf.FastPath.Endpoints;

/// <summary>How programs come to the tc ingress of the node's devices (rtnetlink).</summary>
public interface IIngressHooks
{
    /// <summary>Attaches a program in direct-action mode, replacing in one step what this interface attached before.</summary>
    /// <param name="linkIndex">The device, in the node's namespace.</param>
    /// <param name="program">The descriptor of a loaded sched_cls program.</param>
    /// <param name="name">For those who look with <c>tc filter show</c>.</param>
    void Attach(int linkIndex, SafeHandle program, string name);

    /// <summary>Detaches it; a device that is gone, or has nothing attached, is left as it is.</summary>
    void Detach(int linkIndex);

    /// <summary>
    /// The kernel's number of a program of this name that an earlier process attached to a device of the node and that runs;
    /// null when there is none.
    /// </summary>
    uint? FindRunning(string name);
}
