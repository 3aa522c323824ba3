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
        _subscription = node.Vswitch.Subscribe(
            change =>
            {
                if (Chassis.Read(change.After)?.NbCfg != _before)
                    Interlocked.CompareExchange(ref _at, Stopwatch.GetTimestamp(), 0);
            },
            out var snapshot);
        _before = Chassis.Read(snapshot)?.NbCfg ?? 0;
    }

    /// <summary>When, in the ticks of <see cref="Stopwatch"/>; null while it has not.</summary>
    public long? At => Interlocked.Read(ref _at) is not 0 and var at ? at : null;

    public void Dispose() => _subscription.Dispose();
}
