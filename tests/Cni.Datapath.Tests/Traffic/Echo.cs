using System.Net;
using System.Net.Sockets;
using Cni.Datapath.Tests.Rig;

namespace Cni.Datapath.Tests.Traffic;

/// <summary>A pod that sends every datagram back, with its own mark as the first byte, until disposed.</summary>
internal sealed class UdpEcho : IDisposable
{
    private readonly Socket _socket;
    private readonly Thread _thread;
    private long _seen;

    public UdpEcho(RigEndpoint pod, IPAddress address, int port, byte mark = 0)
    {
        _socket = PodSocket.Udp(pod, address, port);
        _socket.ReceiveTimeout = 100;
        _thread = new Thread(() => Run(mark)) { IsBackground = true };
        _thread.Start();
    }

    public long Seen => Interlocked.Read(ref _seen);

    /// <summary>Whom the last datagram came from, as the pod sees it.</summary>
    public IPEndPoint? From { get; private set; }

    public void Dispose()
    {
        _socket.Close();
        _thread.Join();
    }

    private void Run(byte mark)
    {
        var buffer = new byte[65536];
        EndPoint from = new IPEndPoint(_socket.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        while (true)
        {
            try
            {
                var length = _socket.ReceiveFrom(buffer, ref from);
                Interlocked.Increment(ref _seen);
                From = (IPEndPoint)from;
                buffer[0] = mark;
                _socket.SendTo(buffer.AsSpan(0, length), from);
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock)
            {
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionRefused or SocketError.HostUnreachable or SocketError.NetworkUnreachable)
            {
            }
            catch (Exception e) when (e is ObjectDisposedException or SocketException)
            {
                return;
            }
        }
    }
}

/// <summary>Exchanges datagrams with a <see cref="UdpEcho"/>, one after the other.</summary>
internal sealed class UdpClientFlow : IDisposable
{
    /// <summary>For an answer that is to come: whoever gives it may be kept from its processor for seconds.</summary>
    public const int PatienceMilliseconds = 10_000;

    private readonly Socket _socket;
    private readonly byte[] _buffer = new byte[65536];

    public UdpClientFlow(RigEndpoint pod, IPAddress from, int port, IPAddress to, int toPort)
    {
        _socket = PodSocket.Udp(pod, from, port);
        _socket.ReceiveTimeout = 1000;
        _socket.Connect(new IPEndPoint(to, toPort));
    }

    /// <summary>The mark in the last answer.</summary>
    public byte Mark { get; private set; }

    /// <summary>Exchanges that are to be answered, all or nearly all.</summary>
    /// <returns>How many were answered.</returns>
    public int Exchange(int count, int bytes = 64)
    {
        var answered = 0;
        for (var i = 0; i < count; i++)
        {
            if (TryExchange(bytes, PatienceMilliseconds))
                answered++;
        }

        return answered;
    }

    public bool TryExchange(int bytes = 64, int timeoutMilliseconds = 1000)
    {
        _socket.ReceiveTimeout = timeoutMilliseconds;
        try
        {
            _socket.Send(new byte[bytes]);
            // Others of the same flow are answered as well.
            while (_socket.Receive(_buffer) != bytes)
            {
            }

            Mark = _buffer[0];
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    public void Send(int bytes = 64) => _socket.Send(new byte[bytes]);

    public void Dispose() => _socket.Dispose();
}
