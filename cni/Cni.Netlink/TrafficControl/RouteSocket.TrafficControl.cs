using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Cni.Netlink.Messages;

namespace Cni.Netlink;

public sealed partial class RouteSocket
{
    // One slot per link: the same priority and handle address the same filter, which makes attaching a replacement.
    private const ushort SlotPriority = 1;
    private const uint SlotHandle = 1;

    /// <summary>Gives a link the clsact qdisc, which only holds filters (tc(8)); nothing happens if it has it.</summary>
    public void EnsureClsact(int linkIndex)
    {
        var request = new RequestWriter(
            stackalloc byte[RequestBytes], Wire.RTM_NEWQDISC, Wire.NLM_F_ACK | Wire.NLM_F_CREATE | Wire.NLM_F_EXCL);
        request.Append(new TcMsg
        {
            tcm_ifindex = linkIndex,
            tcm_handle = Wire.TC_H_CLSACT_HANDLE,
            tcm_parent = Wire.TC_H_CLSACT,
        });
        request.Attribute(Wire.TCA_KIND, "clsact");
        try
        {
            Transact($"add clsact to link {linkIndex}", request);
        }
        catch (NetlinkException e) when (e.Errno is Errno.Exists)
        {
        }
    }

    /// <summary>Attaches a program at the link's tc ingress, in direct-action mode, in place of the one attached before.</summary>
    /// <remarks>
    /// Replacing is atomic: every frame meets the old program or the new one. The filter keeps the program and its maps
    /// alive until it is replaced, detached, or the link goes; the process may end. The link needs
    /// <see cref="EnsureClsact"/> first.
    /// </remarks>
    /// <param name="linkIndex">The link.</param>
    /// <param name="program">The descriptor of a loaded program of type sched_cls.</param>
    /// <param name="name">For <c>tc filter show</c>.</param>
    public void AttachIngress(int linkIndex, SafeHandle program, string name) => Attach(linkIndex, Wire.TC_H_CLSACT_INGRESS, program, name);

    /// <summary>As <see cref="AttachIngress"/>, at the link's tc egress.</summary>
    public void AttachEgress(int linkIndex, SafeHandle program, string name) => Attach(linkIndex, Wire.TC_H_CLSACT_EGRESS, program, name);

    private void Attach(int linkIndex, uint parent, SafeHandle program, string name)
    {
        ArgumentNullException.ThrowIfNull(program);
        var added = false;
        program.DangerousAddRef(ref added);
        try
        {
            var request = FilterRequest(stackalloc byte[RequestBytes], Wire.RTM_NEWTFILTER, Wire.NLM_F_ACK | Wire.NLM_F_CREATE, linkIndex, parent: parent);
            var options = request.BeginNest(Wire.TCA_OPTIONS);
            request.Attribute(Wire.TCA_BPF_FD, (uint)program.DangerousGetHandle());
            request.Attribute(Wire.TCA_BPF_NAME, name);
            request.Attribute(Wire.TCA_BPF_FLAGS, Wire.TCA_BPF_FLAG_ACT_DIRECT);
            request.EndNest(options);
            Transact($"attach {name} to link {linkIndex}", request);
        }
        finally
        {
            if (added)
                program.DangerousRelease();
        }
    }

    /// <summary>Detaches what <see cref="AttachIngress"/> attached.</summary>
    /// <returns>Whether there was something attached.</returns>
    public bool DetachIngress(int linkIndex) => Detach(linkIndex, Wire.TC_H_CLSACT_INGRESS);

    /// <summary>Detaches what <see cref="AttachEgress"/> attached.</summary>
    /// <returns>Whether there was something attached.</returns>
    public bool DetachEgress(int linkIndex) => Detach(linkIndex, Wire.TC_H_CLSACT_EGRESS);

    private bool Detach(int linkIndex, uint parent)
    {
        var request = FilterRequest(stackalloc byte[RequestBytes], Wire.RTM_DELTFILTER, Wire.NLM_F_ACK, linkIndex, parent: parent);
        try
        {
            return Remove($"detach the filter of link {linkIndex}", request);
        }
        catch (NetlinkException e) when (e.Errno is Errno.Invalid)
        {
            // Without a clsact qdisc the parent does not exist, which the kernel calls invalid.
            return false;
        }
    }

    /// <returns>The cls_bpf filters at the link's tc ingress, whoever attached them, in the order in which they run.</returns>
    public IReadOnlyList<IngressFilter> GetIngressFilters(int linkIndex) => GetFilters(linkIndex, Wire.TC_H_CLSACT_INGRESS);

    /// <summary>As <see cref="GetIngressFilters"/>, at the link's tc egress.</summary>
    public IReadOnlyList<IngressFilter> GetEgressFilters(int linkIndex) => GetFilters(linkIndex, Wire.TC_H_CLSACT_EGRESS);

    private List<IngressFilter> GetFilters(int linkIndex, uint parent)
    {
        var request = new RequestWriter(stackalloc byte[RequestBytes], Wire.RTM_GETTFILTER, Wire.NLM_F_DUMP);
        request.Append(new TcMsg { tcm_ifindex = linkIndex, tcm_parent = parent });
        var filters = new List<IngressFilter>();
        Transact($"list the filters of link {linkIndex}", request, (type, payload) =>
        {
            if (type == Wire.RTM_NEWTFILTER && TryReadFilter(payload, out var filter))
                filters.Add(filter);
        });
        return filters;
    }

    internal static bool TryReadFilter(ReadOnlySpan<byte> payload, out IngressFilter filter)
    {
        filter = null!;
        if (!MemoryMarshal.TryRead(payload, out TcMsg header) || header.tcm_handle == 0)
            return false;
        var isBpf = false;
        ReadOnlySpan<byte> options = default;
        var attributes = new AttributeReader(payload[Unsafe.SizeOf<TcMsg>()..]);
        while (attributes.Read())
        {
            if (attributes.Type == Wire.TCA_KIND)
                isBpf = attributes.Text == "bpf";
            else if (attributes.Type == Wire.TCA_OPTIONS)
                options = attributes.Value;
        }

        if (!isBpf)
            return false;
        var (name, id, direct) = ("", 0u, false);
        var details = new AttributeReader(options);
        while (details.Read())
        {
            if (details.Type == Wire.TCA_BPF_NAME)
                name = details.Text;
            else if (details.Type == Wire.TCA_BPF_ID)
                id = details.UInt32;
            else if (details.Type == Wire.TCA_BPF_FLAGS)
                direct = (details.UInt32 & Wire.TCA_BPF_FLAG_ACT_DIRECT) != 0;
        }

        filter = new IngressFilter((ushort)(header.tcm_info >> 16), header.tcm_handle, name, id, direct);
        return true;
    }

    private static RequestWriter FilterRequest(Span<byte> buffer, ushort type, ushort flags, int linkIndex, string kind = "bpf", uint parent = Wire.TC_H_CLSACT_INGRESS)
    {
        // tcm_info: the priority above, the protocol below, the latter in network order whatever the host's.
        var protocol = BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(Wire.ETH_P_ALL) : Wire.ETH_P_ALL;
        var request = new RequestWriter(buffer, type, flags);
        request.Append(new TcMsg
        {
            tcm_ifindex = linkIndex,
            tcm_handle = SlotHandle,
            tcm_parent = parent,
            tcm_info = ((uint)SlotPriority << 16) | protocol,
        });
        request.Attribute(Wire.TCA_KIND, kind);
        return request;
    }
}
