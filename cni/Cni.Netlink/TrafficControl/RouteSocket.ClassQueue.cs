using System.Runtime.InteropServices;
using Cni.Netlink.Messages;
using Fabric.Primitives;

namespace Cni.Netlink;

public sealed partial class RouteSocket
{
    private const uint MinorBits = 0xffff;
    private const uint HtbVersion = 3;

    // For classes that do not say what their quantum is; ours do.
    private const uint RateToQuantum = 10;

    /// <summary>Gives a link a queue of classes as its root queue, in place of whatever it has; one of the same handle stays.</summary>
    /// <remarks>What is for no class goes unlimited until <paramref name="fallback"/> is there.</remarks>
    /// <param name="linkIndex">The link.</param>
    /// <param name="handle">Its handle: a major number, in the upper 16 bits.</param>
    /// <param name="fallback">The class of frames that are for none; 0 lets them go first.</param>
    /// <exception cref="NetlinkException"><see cref="Errno.NoEntry"/>: the kernel has no such queue (module sch_htb).</exception>
    public void EnsureClassQueue(int linkIndex, uint handle, ushort fallback) => EnsureClassQueue(linkIndex, Wire.TC_H_ROOT, handle, fallback);

    /// <summary>Removes a link's class queue: it has again what the kernel gives it. Nothing happens when it has none of this handle.</summary>
    public void RemoveClassQueue(int linkIndex, uint handle)
    {
        if (!HasQueue(linkIndex, "htb", handle, Wire.TC_H_ROOT))
            return;
        var request = new RequestWriter(stackalloc byte[RequestBytes], Wire.RTM_DELQDISC, Wire.NLM_F_ACK);
        request.Append(new TcMsg { tcm_ifindex = linkIndex, tcm_handle = handle, tcm_parent = Wire.TC_H_ROOT });
        Transact($"remove the class queue of link {linkIndex}", request);
    }

    /// <summary>Makes a class of a link's class queue, or changes it; the frames that wait in it stay.</summary>
    public void SetClass(int linkIndex, uint handle, QueueClass wanted)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        var request = new RequestWriter(stackalloc byte[RequestBytes], Wire.RTM_NEWTCLASS, Wire.NLM_F_ACK | Wire.NLM_F_CREATE);
        request.Append(new TcMsg { tcm_ifindex = linkIndex, tcm_handle = handle | wanted.Minor, tcm_parent = handle | wanted.Parent });
        request.Attribute(Wire.TCA_KIND, "htb");
        var options = request.BeginNest(Wire.TCA_OPTIONS);
        var parameters = new TcHtbOpt
        {
            rate = SpecOf(wanted.Rate),
            ceil = SpecOf(wanted.Ceiling),
            buffer = TokenBucket.Ticks(wanted.Burst, wanted.Rate),
            cbuffer = TokenBucket.Ticks(wanted.Burst, wanted.Ceiling),
            quantum = BytesOf(wanted.Quantum),
            prio = (uint)wanted.Order,
        };
        request.Attribute(Wire.TCA_HTB_PARMS, MemoryMarshal.AsBytes(new ReadOnlySpan<TcHtbOpt>(in parameters)));
        request.Attribute(Wire.TCA_HTB_RATE64, (ulong)wanted.Rate.BytesPerSecond);
        request.Attribute(Wire.TCA_HTB_CEIL64, (ulong)wanted.Ceiling.BytesPerSecond);
        request.EndNest(options);
        Transact($"set class {wanted.Minor} of link {linkIndex}", request);
    }

    /// <summary>Has so many bytes wait in a class at most.</summary>
    public void SetClassLimit(int linkIndex, uint handle, ushort minor, ByteSize limit)
    {
        // A handle of its own, so that it is changed when it is there.
        var request = new RequestWriter(stackalloc byte[RequestBytes], Wire.RTM_NEWQDISC, Wire.NLM_F_ACK | Wire.NLM_F_CREATE | Wire.NLM_F_REPLACE);
        request.Append(new TcMsg { tcm_ifindex = linkIndex, tcm_handle = handle + ((uint)minor << 16), tcm_parent = handle | minor });
        request.Attribute(Wire.TCA_KIND, "bfifo");
        request.Attribute(Wire.TCA_OPTIONS, BytesOf(limit));
        Transact($"limit class {minor} of link {linkIndex}", request);
    }

    /// <returns>The classes of a link's class queue, by what they are assured and their ceilings; empty without one.</returns>
    public IReadOnlyList<QueueClass> GetClasses(int linkIndex, uint handle)
    {
        var request = new RequestWriter(stackalloc byte[RequestBytes], Wire.RTM_GETTCLASS, Wire.NLM_F_DUMP);
        request.Append(new TcMsg { tcm_ifindex = linkIndex });
        var classes = new List<QueueClass>();
        Transact($"list the classes of link {linkIndex}", request, (type, payload) =>
        {
            if (type == Wire.RTM_NEWTCLASS && TryReadClass(payload, handle, out var found))
                classes.Add(found);
        });
        return classes;
    }

    /// <summary>
    /// Has the frames that a link's token bucket holds back wait in queues of their own, which get turns: so that none crowds the
    /// others out. Which one a frame waits in is said by its priority, <paramref name="handle"/> with the queue's number.
    /// </summary>
    /// <param name="linkIndex">A link with a token bucket (<see cref="SetTokenBucket"/>).</param>
    /// <param name="handle">The handle of the queues.</param>
    /// <param name="count">How many, numbered from 1.</param>
    /// <param name="limit">How many bytes wait in each at most.</param>
    /// <exception cref="NetlinkException"><see cref="Errno.NoEntry"/>: the kernel has no such queue (module sch_htb); all wait in one then.</exception>
    public void EnsureFairQueues(int linkIndex, uint handle, int count, ByteSize limit)
    {
        var (bucket, outer) = FindRoot(linkIndex);
        if (bucket is null)
            throw new ArgumentException($"link {linkIndex} has no token bucket", nameof(linkIndex));
        // Its rate is the bucket's: a class never holds a frame back by itself.
        var unlimited = BitRate.FromBitsPerSecond(1_000_000_000_000);
        EnsureClassQueue(linkIndex, outer | 1, handle, fallback: 1);
        for (var queue = 1; queue <= count; queue++)
        {
            SetClass(linkIndex, handle, new QueueClass((ushort)queue, unlimited, unlimited) { Burst = ByteSize.FromBytes(1 << 20) });
            SetClassLimit(linkIndex, handle, (ushort)queue, limit);
        }
    }

    private void EnsureClassQueue(int linkIndex, uint parent, uint handle, ushort fallback)
    {
        if (HasQueue(linkIndex, "htb", handle, parent))
            return;
        var request = new RequestWriter(stackalloc byte[RequestBytes], Wire.RTM_NEWQDISC, Wire.NLM_F_ACK | Wire.NLM_F_CREATE | Wire.NLM_F_REPLACE);
        request.Append(new TcMsg { tcm_ifindex = linkIndex, tcm_handle = handle, tcm_parent = parent });
        request.Attribute(Wire.TCA_KIND, "htb");
        var options = request.BeginNest(Wire.TCA_OPTIONS);
        var parameters = new TcHtbGlob { version = HtbVersion, rate2quantum = RateToQuantum, defcls = fallback };
        request.Attribute(Wire.TCA_HTB_INIT, MemoryMarshal.AsBytes(new ReadOnlySpan<TcHtbGlob>(in parameters)));
        request.EndNest(options);
        Transact($"give link {linkIndex} queues by class", request);
    }

    private bool HasQueue(int linkIndex, string kind, uint handle, uint parent)
    {
        var request = new RequestWriter(stackalloc byte[RequestBytes], Wire.RTM_GETQDISC, Wire.NLM_F_DUMP);
        request.Append(new TcMsg { tcm_ifindex = linkIndex });
        var found = false;
        Transact($"list the queues of link {linkIndex}", request, (type, payload) =>
        {
            if (type != Wire.RTM_NEWQDISC || !MemoryMarshal.TryRead(payload, out TcMsg header))
                return;
            found |= header.tcm_ifindex == linkIndex && header.tcm_handle == handle && header.tcm_parent == parent && KindOf(payload) == kind;
        });
        return found;
    }

    private static bool TryReadClass(ReadOnlySpan<byte> payload, uint handle, out QueueClass found)
    {
        found = null!;
        if (!MemoryMarshal.TryRead(payload, out TcMsg header) || (header.tcm_handle & ~MinorBits) != handle)
            return false;
        ReadOnlySpan<byte> options = default;
        var attributes = new AttributeReader(payload[Marshal.SizeOf<TcMsg>()..]);
        while (attributes.Read())
        {
            if (attributes.Type == Wire.TCA_OPTIONS)
                options = attributes.Value;
        }

        var (parameters, rate64, ceiling64, isRead) = (default(TcHtbOpt), 0ul, 0ul, false);
        var details = new AttributeReader(options);
        while (details.Read())
        {
            if (details.Type == Wire.TCA_HTB_PARMS)
                isRead = MemoryMarshal.TryRead(details.Value, out parameters);
            else if (details.Type == Wire.TCA_HTB_RATE64)
                rate64 = details.UInt64;
            else if (details.Type == Wire.TCA_HTB_CEIL64)
                ceiling64 = details.UInt64;
        }

        if (!isRead)
            return false;
        found = new QueueClass((ushort)(header.tcm_handle & MinorBits), RateOf(parameters.rate, rate64), RateOf(parameters.ceil, ceiling64))
        {
            Parent = header.tcm_parent == Wire.TC_H_ROOT ? (ushort)0 : (ushort)(header.tcm_parent & MinorBits),
            Order = (int)parameters.prio,
        };
        return true;
    }

    private static string KindOf(ReadOnlySpan<byte> payload)
    {
        var attributes = new AttributeReader(payload[Marshal.SizeOf<TcMsg>()..]);
        while (attributes.Read())
        {
            if (attributes.Type == Wire.TCA_KIND)
                return attributes.Text;
        }

        return "";
    }
}
