using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Cni.Datapath.Tests.Rig;

namespace Cni.Datapath.Tests.Traffic;

/// <summary>A sender that never stops, and what arrives of it in a time.</summary>
internal sealed class OneWay : IDisposable
{
    // More than any limit of a test, and not more than Open vSwitch carries.
    private const double OfferedBitsPerSecond = 150e6;

    private const int DatagramBytes = 1200;

    private readonly Socket _sender;
    private readonly Socket _receiver;
    private readonly bool _isTcp;
    private readonly int _headerBytes;
    private readonly double _offered;
    private readonly Thread _sending;
    private readonly byte[] _buffer = new byte[1 << 18];
    private volatile bool _ended;

    // When all that had come was read.
    private long _readAt = Stopwatch.GetTimestamp();

    private OneWay(Socket sender, Socket receiver, bool isTcp, double offered = OfferedBitsPerSecond)
    {
        _offered = offered;
        (_sender, _receiver, _isTcp) = (sender, receiver, isTcp);
        _headerBytes = 14 + (sender.AddressFamily == AddressFamily.InterNetworkV6 ? 40 : 20) + 8;
        _receiver.ReceiveTimeout = 200;
        _sender.SendTimeout = 500;
        _sending = new Thread(isTcp ? Pour : Drip) { IsBackground = true };
        _sending.Start();
    }

    public static OneWay Tcp(RigEndpoint from, RigEndpoint to, int port, bool v6 = false)
    {
        var pair = TcpPair.Connect(from, from.Of(v6), to, to.Of(v6), port);
        return new OneWay(pair.Client, pair.Server, isTcp: true);
    }

    /// <param name="from">Who sends.</param>
    /// <param name="to">Who receives.</param>
    /// <param name="port">Of both.</param>
    /// <param name="v6">Between their IPv6 addresses.</param>
    /// <param name="fromAddress">The address that is sent from, when it is not that of the pod.</param>
    /// <param name="offered">How fast frames are sent, in bit/s.</param>
    public static OneWay Udp(RigEndpoint from, RigEndpoint to, int port, bool v6 = false, IPAddress? fromAddress = null, double offered = OfferedBitsPerSecond)
    {
        fromAddress ??= from.Of(v6);
        var sender = PodSocket.Udp(from, fromAddress, port);
        var receiver = PodSocket.Udp(to, to.Of(v6), port);
        sender.Connect(new IPEndPoint(to.Of(v6), port));
        receiver.Connect(new IPEndPoint(fromAddress, port));
        // Both directions, so that the flow is learned where it may be.
        for (var i = 0; i < 5; i++)
        {
            Pass(sender, receiver);
            Pass(receiver, sender);
        }

        return new OneWay(sender, receiver, isTcp: false, offered);
    }

    /// <summary>How fast it arrives, after the queues on the way are full.</summary>
    /// <returns>Bit/s: of payload for a stream, of frames for datagrams.</returns>
    public double Measure()
    {
        // A stream begins by losing what the queue does not hold, and what came after that is read all at once when it was sent again.
        Receive(TimeSpan.FromMilliseconds(_isTcp ? 750 : 250));
        var (bytes, took) = Receive(TimeSpan.FromMilliseconds(_isTcp ? 1000 : 500));
        return bytes * 8 / took.TotalSeconds;
    }

    /// <summary>Reads for a time, and then what came while this thread was kept from its processor: it counts for the time in which it came.</summary>
    /// <returns>The bytes that arrived since the last time, or since it was made, and how long that was.</returns>
    public (long Bytes, TimeSpan Took) Receive(TimeSpan within)
    {
        var (began, last) = (Stopwatch.GetTimestamp(), _readAt);
        long bytes = 0;
        while (Stopwatch.GetElapsedTime(began) < within)
            bytes += Read();
        // What comes as fast as it is read leaves nothing that has waited for long.
        var drained = Stopwatch.GetTimestamp();
        while (true)
        {
            _readAt = Stopwatch.GetTimestamp();
            if (_receiver.Available == 0 || Stopwatch.GetElapsedTime(drained, _readAt) > TimeSpan.FromSeconds(1))
                return (bytes, Stopwatch.GetElapsedTime(last, _readAt));
            bytes += Read();
        }
    }

    public void Dispose()
    {
        _ended = true;
        _receiver.Close();
        _sender.Close();
        _sending.Join();
    }

    private long Read()
    {
        try
        {
            var read = _receiver.Receive(_buffer);
            return _isTcp ? read : read + _headerBytes;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock)
        {
            return 0;
        }
    }

    /// <summary>Has a datagram arrive. The other node may hear later than this one that a pod is there: until then it is lost, and sent again.</summary>
    private static void Pass(Socket from, Socket to)
    {
        for (var attempt = 0; attempt < 30; attempt++)
        {
            from.Send([1]);
            if (to.Poll(TimeSpan.FromSeconds(1), SelectMode.SelectRead))
            {
                to.Receive(new byte[64]);
                return;
            }
        }

        throw new TimeoutException("no datagram arrives");
    }

    private void Pour()
    {
        var data = new byte[1 << 17];
        while (!_ended)
        {
            try
            {
                _sender.Send(data);
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock)
            {
                // What was lost is being sent again, which may take longer.
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // Closed, or nobody takes anything any more, which the receiver says.
                return;
            }
        }
    }

    private void Drip()
    {
        var datagram = new byte[DatagramBytes];
        var began = Stopwatch.GetTimestamp();
        long sent = 0;
        while (!_ended)
        {
            try
            {
                while (sent * (DatagramBytes + _headerBytes) * 8 < _offered * Stopwatch.GetElapsedTime(began).TotalSeconds)
                {
                    _sender.Send(datagram);
                    sent++;
                }
            }
            catch (SocketException)
            {
                // The queue is full, or the receiver is closed.
            }
            catch (ObjectDisposedException)
            {
                return;
            }

            Thread.Yield();
        }
    }
}
