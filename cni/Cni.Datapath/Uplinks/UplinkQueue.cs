using Bpf.FastPath.Flows;
using Bpf.FastPath.Uplinks;
using Bpf.Interop;
using Cni.Datapath.Underlays;
using Cni.Netlink;
using Fabric.Primitives;

namespace Cni.Datapath.Uplinks;

/// <summary>
/// Has a full uplink go to who has the higher priority: the NIC sends at the rate that the node is said to have, so that frames wait
/// here and not in a switch, and in classes. Each is assured a small part, so that nobody starves; the rest goes to the higher first.
/// </summary>
/// <param name="flows">The node's fast path, which knows the tunnels.</param>
/// <param name="node">rtnetlink in the node's namespace.</param>
internal sealed class UplinkQueue(FlowCache flows, RouteSocket node) : IDisposable
{
    private const int Priorities = 8;

    // Of the rate, what each priority is assured: a quarter for all.
    private const int AssuredPart = 32;

    // And what the node itself is, whose heartbeats must come through whatever its VMs send.
    private const int NodePart = 8;

    // Where it stands besides: beside priority 4.
    private const int NodeOrder = 3;

    private const ushort Root = 1;

    // As the queue of a limit: enough for TCP to use all of the rate.
    private const int QueueMilliseconds = 50;

    private const int LeastBurst = 16 << 10;

    private UplinkClassifier? _classifier;
    private (int Nic, BitRate Rate)? _made;
    private bool _isCleared;

    /// <summary>Brings the NIC in line with the plan.</summary>
    /// <param name="plan">The NIC and its rate.</param>
    /// <param name="priorities">Of what is sent from where; null while OVN's databases have not been read, when what is there stays.</param>
    /// <returns>Why priorities are not in force, for people; null when they are, or that is not known yet.</returns>
    internal string? Follow(UnderlayPlan plan, IReadOnlyDictionary<SenderPrefix, int>? priorities)
    {
        if (plan is not { Devices: { } devices, Rate: { } rate })
        {
            if (plan.Devices is { } left && _made is null && !_isCleared)
            {
                // An earlier agent was told a rate.
                Clear(node, left.NicIndex);
                _isCleared = true;
            }

            Remove();
            return plan.RateFault ?? plan.Fault;
        }

        if (priorities is null)
        {
            return null;
        }

        try
        {
            _classifier ??= flows.LoadUplink(node.GetEgressFilters(devices.NicIndex).FirstOrDefault(filter => filter.Name == UplinkClassifier.Name)?.ProgramId);
            // Before it is attached: an earlier agent's goes on until then.
            _classifier.Set(priorities);
            if (_made != (devices.NicIndex, rate))
            {
                if (_made is { } before && before.Nic != devices.NicIndex)
                {
                    Remove();
                }

                Make(devices.NicIndex, rate);
                node.EnsureClsact(devices.NicIndex);
                node.AttachEgress(devices.NicIndex, _classifier.Program, UplinkClassifier.Name);
                _made = (devices.NicIndex, rate);
            }

            return null;
        }
        catch (Exception e) when (e is BpfException || e is NetlinkException { Errno: Errno.NoEntry or Errno.NotSupported })
        {
            return $"this node cannot order its uplink (module sch_htb): {e.Message}";
        }
    }

    /// <summary>Takes away what an earlier agent left on a NIC.</summary>
    internal static void Clear(RouteSocket node, int nic)
    {
        if (node.GetEgressFilters(nic).Any(filter => filter.Name == UplinkClassifier.Name))
        {
            node.DetachEgress(nic);
        }

        node.RemoveClassQueue(nic, UplinkClassifier.Handle);
    }

    public void Dispose() => _classifier?.Dispose();

    private void Remove()
    {
        if (_made is { } made)
        {
            _made = null;
            if (node.FindLink(made.Nic) is not null)
            {
                Clear(node, made.Nic);
            }
        }
    }

    private void Make(int nic, BitRate rate)
    {
        // What is for no class of it is the node's.
        node.EnsureClassQueue(nic, UplinkClassifier.Handle, UplinkClassifier.NodeClass);
        var burst = ByteSize.FromBytes(Math.Max(LeastBurst, rate.BytesPerSecond / 500));
        var queue = ByteSize.FromBytes(Math.Clamp(rate.BytesPerSecond / 1000 * QueueMilliseconds, 64 << 10, uint.MaxValue));
        node.SetClass(nic, UplinkClassifier.Handle, new QueueClass(Root, rate, rate) { Burst = burst });
        SetLeaf(UplinkClassifier.NodeClass, NodePart, NodeOrder);
        for (var priority = 0; priority < Priorities; priority++)
        {
            SetLeaf((ushort)(UplinkClassifier.FirstClass + priority), AssuredPart, Priorities - 1 - priority);
        }

        void SetLeaf(ushort minor, int part, int order)
        {
            var assured = BitRate.FromBitsPerSecond(Math.Max(8_000, rate.BitsPerSecond / part));
            node.SetClass(nic, UplinkClassifier.Handle, new QueueClass(minor, assured, rate) { Parent = Root, Order = order, Burst = burst });
            node.SetClassLimit(nic, UplinkClassifier.Handle, minor, queue);
        }
    }
}
