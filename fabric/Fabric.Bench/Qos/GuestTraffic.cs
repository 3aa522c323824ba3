using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Cni.Netlink;

namespace Fabric.Bench.Qos;

/// <summary>What passes between a pod and a VM of more than the VM's limit lets pass, measured outside of the guest, whose clock is its own.</summary>
/// <param name="guest">The VM.</param>
/// <param name="peer">The path of the pod's network namespace.</param>
internal sealed class GuestTraffic(GuestEnds guest, string peer)
{
    // TCP_INFO and the place of tcpi_bytes_acked in it (linux/tcp.h).
    private const int TcpInfo = 11;
    private const int BytesAcknowledged = 120;

    private const int StreamBytes = 256 << 10;

    // Of what the kernel says of a device in /proc/net/dev, after its name.
    private const int BytesSentColumn = 8;

    // A guest that is being flooded, or floods, hears of what is sent to it late.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>One TCP connection to the guest that sends all it can.</summary>
    /// <returns>Bit/s of payload that the guest has acknowledged.</returns>
    internal double StreamTo(int milliseconds)
    {
        using var socket = Connect(guest.Sink);
        // What waits in it then is not sent beside what is measured next.
        socket.LingerState = new LingerOption(true, 0);
        using var pouring = new ShapedTraffic.Pouring(socket);
        Thread.Sleep(ShapedTraffic.Settling);
        var (began, before) = (Stopwatch.GetTimestamp(), Acknowledged(socket));
        Thread.Sleep(milliseconds);
        return (Acknowledged(socket) - before) * 8 / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    /// <summary>The same from the guest.</summary>
    /// <returns>Bit/s of payload received.</returns>
    internal double StreamFrom(int milliseconds)
    {
        using var socket = Connect(guest.Source);
        Read(socket, ShapedTraffic.Settling);
        var began = Stopwatch.GetTimestamp();
        var bytes = Read(socket, TimeSpan.FromMilliseconds(milliseconds));
        return bytes * 8 / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    /// <summary>Datagrams to the guest.</summary>
    /// <returns>What its virtual NIC takes from its tap.</returns>
    internal Arrivals DatagramsTo(double offered, int payloadBytes, int frameBytes, int milliseconds)
    {
        using var socket = Greet();
        // Held open, it is the launcher's whoever reads it.
        using var counters = NetnsScope.Run(guest.Launcher, () => File.OpenRead("/proc/thread-self/net/dev"));
        using var offering = ShapedTraffic.Offer(datagram => socket.Send(datagram), offered, payloadBytes, frameBytes);
        return ShapedTraffic.Watch(() => BytesRead(counters), milliseconds);
    }

    /// <summary>Datagrams from the guest.</summary>
    internal Arrivals DatagramsFrom(double offered, int payloadBytes, int frameBytes, int milliseconds)
    {
        // As much more as it takes until the guest has read what it is to do.
        const int Lead = 300;
        using var socket = Greet();
        Span<byte> order = stackalloc byte[12];
        BinaryPrimitives.WriteInt32BigEndian(order, payloadBytes);
        BinaryPrimitives.WriteInt32BigEndian(order[4..], (int)(offered * payloadBytes / frameBytes / 1000));
        BinaryPrimitives.WriteInt32BigEndian(order[8..], milliseconds + Lead);
        socket.Send(order);
        return ShapedTraffic.Receive(socket, frameBytes, milliseconds);
    }

    /// <summary>A socket that has exchanged datagrams with the guest: both directions of the flow are known, where that makes a difference.</summary>
    private Socket Greet()
    {
        var socket = NetnsScope.Run(peer, () => new Socket(guest.Flood.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = 4 << 20, ReceiveTimeout = 1000 });
        try
        {
            socket.Connect(guest.Flood);
            var answer = new byte[1];
            var began = Stopwatch.GetTimestamp();
            for (var exchanged = 0; exchanged < 20;)
            {
                try
                {
                    socket.Send([1]);
                    socket.Receive(answer);
                    exchanged++;
                }
                catch (SocketException e) when (e.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock && Stopwatch.GetElapsedTime(began) < Patience)
                {
                    // The first may be lost, and the guest may be busy with what was before.
                }
            }

            return socket;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new BenchException($"the guest does not answer datagrams at {guest.Flood}: {e.Message}");
        }
    }

    private Socket Connect(IPEndPoint service)
    {
        var socket = NetnsScope.Run(peer, () => new Socket(service.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, SendTimeout = 5000, ReceiveTimeout = 5000 });
        try
        {
            socket.Connect(service);
            return socket;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new BenchException($"the guest takes no connection at {service}: {e.Message}");
        }
    }

    private static long Read(Socket socket, TimeSpan time)
    {
        var buffer = new byte[StreamBytes];
        var began = Stopwatch.GetTimestamp();
        var bytes = 0L;
        while (Stopwatch.GetElapsedTime(began) < time)
        {
            bytes += socket.Receive(buffer);
        }

        return bytes;
    }

    private static long Acknowledged(Socket socket)
    {
        var info = new byte[256];
        return socket.GetRawSocketOption((int)SocketOptionLevel.Tcp, TcpInfo, info) >= BytesAcknowledged + sizeof(long)
            ? BitConverter.ToInt64(info, BytesAcknowledged)
            : throw new BenchException("the kernel does not tell how much was acknowledged (TCP_INFO)");
    }

    /// <summary>What QEMU has read of the tap, in bytes of frames.</summary>
    private long BytesRead(FileStream counters)
    {
        counters.Position = 0;
        using var reader = new StreamReader(counters, leaveOpen: true);
        while (reader.ReadLine() is { } line)
        {
            if (line.Split(':') is [var name, var columns] && name.Trim() == guest.Tap)
            {
                return long.Parse(columns.Split(' ', StringSplitOptions.RemoveEmptyEntries)[BytesSentColumn], CultureInfo.InvariantCulture);
            }
        }

        throw new BenchException($"the launcher has no device {guest.Tap}");
    }
}
