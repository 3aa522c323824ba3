using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Cni.Datapath.Tests.Rig;
using Node.Testing;

namespace Cni.Datapath.Tests.Traffic;

/// <summary>Exchanges one after the other on a thread of its own, and knows when the last was answered.</summary>
internal sealed class AnswerStream : IDisposable
{
    private readonly IDisposable[] _owned;
    private readonly Thread _thread;
    private volatile bool _ended;
    private long _answers;
    private long _asked;
    private long _last;
    private long _inVain;

    public AnswerStream(Func<bool> exchange, params IDisposable[] owned)
    {
        _owned = owned;
        _thread = new Thread(() =>
        {
            while (!_ended)
            {
                Interlocked.Increment(ref _asked);
                if (exchange())
                {
                    Interlocked.Exchange(ref _last, Stopwatch.GetTimestamp());
                    Interlocked.Increment(ref _answers);
                    Interlocked.Exchange(ref _inVain, 0);
                }
                else
                {
                    Interlocked.Increment(ref _inVain);
                }

                // About a thousand a second, so that two cores are left for what is tested.
                Thread.SpinWait(1);
                Thread.Yield();
            }
        })
        {
            IsBackground = true,
        };
        _thread.Start();
    }

    /// <param name="from">Who asks.</param>
    /// <param name="address">As whom.</param>
    /// <param name="to">Who answers.</param>
    /// <param name="port">The port of both.</param>
    /// <param name="patience">How long an answer may take, in milliseconds.</param>
    public static AnswerStream Udp(RigEndpoint from, IPAddress address, RigEndpoint to, int port, int patience = 50)
    {
        var echo = new UdpEcho(to, to.Of(address.AddressFamily == AddressFamily.InterNetworkV6), port);
        var flow = new UdpClientFlow(from, address, port, to.Of(address.AddressFamily == AddressFamily.InterNetworkV6), port);
        return new AnswerStream(() => flow.TryExchange(timeoutMilliseconds: patience), flow, echo);
    }

    public static AnswerStream Tcp(RigEndpoint from, RigEndpoint to, int port)
    {
        var pair = TcpPair.Connect(from, from.Ip, to, to.Ip, port);
        pair.Client.ReceiveTimeout = pair.Server.ReceiveTimeout = 50;
        var buffer = new byte[1];
        return new AnswerStream(
            () =>
            {
                try
                {
                    pair.Client.Send(buffer);
                    if (pair.Server.Receive(buffer) != 1)
                        return false;
                    pair.Server.Send(buffer);
                    return pair.Client.Receive(buffer) == 1;
                }
                catch (SocketException)
                {
                    return false;
                }
            },
            pair);
    }

    public long Answers => Interlocked.Read(ref _answers);

    public long Asked => Interlocked.Read(ref _asked);

    /// <summary>How many were not answered: of a stream that loses nothing, at most the one that is under way.</summary>
    public long Unanswered
    {
        get
        {
            while (true)
            {
                // Of one moment: it goes on while both are read.
                var (answers, asked) = (Answers, Asked);
                if (answers == Answers)
                    return asked - answers;
            }
        }
    }

    /// <summary>How often it has asked since the last answer.</summary>
    public long InVain => Interlocked.Read(ref _inVain);

    /// <summary>When the last answer came, in the ticks of <see cref="Stopwatch"/>.</summary>
    public long LastAnswer => Interlocked.Read(ref _last);

    /// <summary>Waits for the end that a change has made it come to.</summary>
    /// <param name="shown">When the change was shown as installed where it is judged.</param>
    /// <returns>How long after that the last answer came.</returns>
    public async Task<TimeSpan> EndAsync(NbCfgWatch shown)
    {
        await Eventually.HoldsAsync(() => shown.At is not null);
        // What had an answer every millisecond or two now asks in vain again and again.
        await Eventually.HoldsAsync(() => InVain >= 15);
        var after = LastAnswer <= shown.At!.Value ? TimeSpan.Zero : Stopwatch.GetElapsedTime(shown.At.Value, LastAnswer);
        TestContext.Current.TestOutputHelper!.WriteLine($"the last answer came {after.TotalMilliseconds:0.0} ms after nb_cfg was shown");
        return after;
    }

    public void Dispose()
    {
        _ended = true;
        _thread.Join();
        foreach (var owned in _owned)
            owned.Dispose();
    }
}
