using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Ovs.Vswitch.Control;

namespace Cni.Datapath.Conntrack;

/// <summary>
/// Keeps connection tracking of the userspace datapath from checking TCP sequence numbers. It does not see every segment of
/// a flow that is fast, and with the check on a connection that comes back to it stalls for good. ovs-vswitchd(8),
/// <c>dpctl/ct-disable-tcp-seq-chk</c>; it is forgotten when ovs-vswitchd ends, so it is set and looked at after each start.
/// </summary>
internal sealed class SequenceCheck(string folder, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private string? _fault = "ovs-vswitchd has not been asked yet";

    /// <summary>Why flows must not be fast, for people; null when they may.</summary>
    internal string? Fault => Volatile.Read(ref _fault);

    /// <summary>Sees to it until cancelled, one ovs-vswitchd after the other.</summary>
    /// <param name="changed">Called when <see cref="Fault"/> has changed.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal async Task RunAsync(Action changed, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                var vswitchd = Find();
                // This connection says nothing; it ends when ovs-vswitchd does.
                using var life = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await life.ConnectAsync(new UnixDomainSocketEndPoint(vswitchd.Path), cancellationToken);
                await vswitchd.CallAsync("dpctl/ct-disable-tcp-seq-chk", cancellationToken);
                var answer = await vswitchd.CallAsync("dpctl/ct-get-tcp-seq-chk", cancellationToken);
                Set(IsOff(answer) ? null : $"ovs-vswitchd goes on checking TCP sequence numbers: {answer}", changed);
                await life.ReceiveAsync(new byte[1], cancellationToken);
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                // What is fast stays so while ovs-vswitchd starts again: its connection tracking begins empty, and the check
                // is off before any connection can have been judged by it for long.
                if (Fault is not null)
                {
                    Set($"ovs-vswitchd does not answer: {e.Message}", changed);
                }
                else
                {
                    logger.LogInformation("ovs-vswitchd has ended; its connection tracking is set up again when it is back");
                }
            }

            await Task.Delay(Pause, time, cancellationToken);
        }
    }

    /// <summary>Whether the answer of <c>ct-get-tcp-seq-chk</c> says that the check is off.</summary>
    internal static bool IsOff(string answer) => answer.Contains("disabled", StringComparison.OrdinalIgnoreCase);

    /// <summary>The ovs-vswitchd that runs.</summary>
    /// <exception cref="ControlException">None does.</exception>
    internal ControlSocket Find() =>
        ControlSocket.Find([folder], "ovs-vswitchd") ?? throw new ControlException($"{folder} has no control socket of ovs-vswitchd");

    private void Set(string? fault, Action changed)
    {
        if (Interlocked.Exchange(ref _fault, fault) != fault)
        {
            changed();
        }
    }
}
