using System.Net.Sockets;
using System.Threading.Channels;
using Bpf.FastPath.Flows;
using Cni.Datapath.Conntrack;
using Microsoft.Extensions.Logging;
using Ovs.Ovsdb;
using Ovs.Vswitch;

namespace Cni.Datapath.Epochs;

/// <summary>
/// Has nothing be used that was learned under an older policy. ovn-controller shows on its bridge which version of the
/// northbound configuration the switch's tables hold (<c>ovn-nb-cfg</c>). The switch's cache of verdicts follows a little
/// later, when its revalidators have been through it: until then nothing is learned.
/// </summary>
internal sealed class PolicyEpochs(FlowCache flows, SequenceCheck vswitchd, ILogger logger)
{
    // Revalidators go through 200,000 entries in half a second to a second; a vswitchd that does not answer must not keep
    // the node from learning for ever.
    private static readonly TimeSpan LongestSweep = TimeSpan.FromSeconds(3);

    private readonly Channel<bool> _changed = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private long _changes;

    /// <summary>Looks whether the configuration in force is another; called for each change of the switch's database, must not wait.</summary>
    internal void Observe(OvsdbSnapshot vswitch)
    {
        if (Chassis.Read(vswitch) is not { NbCfg: var version } || (ulong)version == flows.Policy)
        {
            return;
        }

        Interlocked.Increment(ref _changes);
        flows.SetPolicy((ulong)version, LongestSweep);
        _changed.Writer.TryWrite(true);
    }

    /// <summary>Waits for the revalidators after each change, until cancelled.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        while (await _changed.Reader.ReadAsync(cancellationToken))
        {
            var seen = Interlocked.Read(ref _changes);
            try
            {
                await vswitchd.Find().CallAsync("revalidator/wait", cancellationToken).WaitAsync(LongestSweep, cancellationToken);
            }
            catch (Exception e) when (e is IOException or SocketException or TimeoutException)
            {
                logger.LogWarning("The switch's revalidators could not be waited for: {Reason}", e.Message);
                continue;
            }

            // Whatever was let through by what is now revalidated is no basis either. A change that came meanwhile waits for
            // a sweep of its own.
            if (Interlocked.Read(ref _changes) == seen)
            {
                flows.RaiseEpoch(TimeSpan.Zero);
            }
        }
    }
}
