using System.Diagnostics;
using Ovs.Vswitch;

namespace Cni.Datapath.Tests.Rig;

/// <summary>Notes when a node shows another configuration of the northbound database as installed.</summary>
internal sealed class NbCfgWatch : IDisposable
{
    private readonly IDisposable _subscription;
    private readonly long _before;
    private long _at;

    public NbCfgWatch(RigNode node)
    {
        // Before the first change comes, which it may on another thread at once.
        _before = Chassis.Read(node.Vswitch.Snapshot)?.NbCfg ?? 0;
        _subscription = node.Vswitch.Subscribe(
            change =>
            {
                if (Chassis.Read(change.After)?.NbCfg != _before)
                    Interlocked.CompareExchange(ref _at, Stopwatch.GetTimestamp(), 0);
            },
            out _);
    }

    /// <summary>When, in the ticks of <see cref="Stopwatch"/>; null while it has not.</summary>
    public long? At => Interlocked.Read(ref _at) is not 0 and var at ? at : null;

    public void Dispose() => _subscription.Dispose();
}
