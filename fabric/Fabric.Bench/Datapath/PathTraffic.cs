using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Cni.Netlink;
using Fabric.Bench.Machine;
using Fabric.Bench.Statistics;

namespace Fabric.Bench.Datapath;

/// <summary>Traffic between the ends of a path; each kind for a bounded time, on threads that stay on their processors, by blocking sockets.</summary>
internal static class PathTraffic
{
    private const int BulkBytes = 256 << 10;

    // OVN's first frames between two pods take tens of milliseconds on a machine that is busy.
    private static readonly TimeSpan ConnectDeadline = TimeSpan.FromSeconds(10);

    /// <summary>One connection, one way, as fast as it goes.</summary>
    /// <returns>Gbit/s received, without the first fifth of the time.</returns>
    internal static double Bulk(PathEnds path, int milliseconds)
    {
        var (client, server) = Connect(path);
        using (client)
        using (server)
        {
            var rate = 0.0;
            Processors.RunApart(
                () =>
                {
                    var buffer = new byte[BulkBytes];
                    UntilClosed(() => client.Send(buffer));
                },
                () =>
                {
                    // The sender ends by it, also when nothing has come.
                    using var ending = server;
                    var received = new byte[BulkBytes];
                    Receive(server, received, TimeSpan.FromMilliseconds(milliseconds / 5.0));
                    var began = Stopwatch.GetTimestamp();
                    var bytes = Receive(server, received, TimeSpan.FromMilliseconds(milliseconds));
                    rate = bytes * 8 / Stopwatch.GetElapsedTime(began).TotalSeconds / 1e9;
                });
            return rate;
        }
    }

    /// <summary>One byte there and one back, one after the other.</summary>
    /// <param name="path">Its ends.</param>
    /// <param name="milliseconds">For so long.</param>
    /// <param name="run">Where the two ends run.</param>
    /// <returns>Microseconds of each round trip, without the first tenth of the time.</returns>
    internal static Sample RequestResponse(PathEnds path, int milliseconds, Action<Action, Action> run)
    {
        var (client, server) = Connect(path);
        using (client)
        using (server)
        {
            var trips = new List<double>();
            run(
                () =>
                {
                    using var ending = client;
                    Exchange(client, TimeSpan.FromMilliseconds(milliseconds / 10.0), []);
                    Exchange(client, TimeSpan.FromMilliseconds(milliseconds), trips);
                },
                () =>
                {
                    var one = new byte[1];
                    UntilClosed(() =>
                    {
                        if (server.Receive(one) == 0)
                        {
                            throw new SocketException((int)SocketError.Disconnecting);
                        }

                        server.Send(one);
                    });
                });
            return new Sample(trips);
        }
    }

    /// <summary>Datagrams of 18 bytes, the smallest frame, as fast as one thread sends.</summary>
    /// <returns>Nanoseconds of processor time of the sending thread for each, what the kernel does in its place among it.</returns>
    internal static double UdpProcessorTime(PathEnds path, int milliseconds)
    {
        var (sender, receiver) = ConnectDatagrams(path);
        using var client = sender;
        using var server = receiver;
        var result = 0.0;
        Processors.RunAlone(() =>
        {
            var datagram = new byte[18];
            for (var i = 0; i < 1000; i++)
            {
                client.Send(datagram);
            }

            long sent = 0;
            var before = ProcessorTime();
            var began = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(began).TotalMilliseconds < milliseconds)
            {
                for (var i = 0; i < 100; i++, sent++)
                {
                    client.Send(datagram);
                }
            }

            result = (ProcessorTime() - before) / sent;
        });
        return result;
    }

    /// <summary>Two sockets that have exchanged datagrams.</summary>
    internal static (Socket Client, Socket Server) ConnectDatagrams(PathEnds path)
    {
        var server = NetnsScope.Run(path.Server, () => Bound(new Socket(path.Address.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = 4 << 20 }, path.Address));
        var client = NetnsScope.Run(path.Client, () => new Socket(path.Address.AddressFamily, SocketType.Dgram, ProtocolType.Udp));
        try
        {
            client.Connect(server.LocalEndPoint!);
            server.ReceiveTimeout = client.ReceiveTimeout = 1000;
            Warm(client, server);
            return (client, server);
        }
        catch
        {
            client.Dispose();
            server.Dispose();
            throw;
        }
    }

    /// <summary>Both directions of the flow are known, where that makes a difference, after an exchange or two.</summary>
    private static void Warm(Socket client, Socket server)
    {
        EndPoint from = new IPEndPoint(client.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        var buffer = new byte[64];
        var exchanged = 0;
        var began = Stopwatch.GetTimestamp();
        while (exchanged < 20 && Stopwatch.GetElapsedTime(began) < ConnectDeadline)
        {
            try
            {
                client.Send([1]);
                server.ReceiveFrom(buffer, ref from);
                server.SendTo([1], from);
                client.Receive(buffer);
                exchanged++;
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock)
            {
                // The first may be lost.
            }
        }

        if (exchanged < 20)
        {
            throw new BenchException($"datagrams to {server.LocalEndPoint} are not answered");
        }
    }

    /// <summary>A connection between the ends.</summary>
    internal static (Socket Client, Socket Server) Connect(PathEnds path)
    {
        using var listener = NetnsScope.Run(path.Server, () => Bound(new Socket(path.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp), path.Address));
        listener.Listen(1);
        var client = NetnsScope.Run(path.Client, () => new Socket(path.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
        try
        {
            var connecting = new Thread(() =>
            {
                try
                {
                    client.Connect(listener.LocalEndPoint!);
                }
                catch (Exception e) when (e is SocketException or ObjectDisposedException)
                {
                    // Nobody accepts, which is said below.
                }
            });
            connecting.Start();
            if (!listener.Poll(ConnectDeadline, SelectMode.SelectRead))
            {
                client.Close();
                connecting.Join();
                throw new BenchException($"no connection to {listener.LocalEndPoint} within {ConnectDeadline.TotalSeconds:0} s");
            }

            var server = listener.Accept();
            connecting.Join();
            client.NoDelay = server.NoDelay = true;
            client.SendTimeout = server.ReceiveTimeout = client.ReceiveTimeout = 5000;
            return (client, server);
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    private static void UntilClosed(Action work)
    {
        try
        {
            while (true)
            {
                work();
            }
        }
        catch (SocketException)
        {
            // The other end was closed.
        }
    }

    private static Socket Bound(Socket socket, IPAddress address)
    {
        socket.Bind(new IPEndPoint(address, 0));
        return socket;
    }

    private static long Receive(Socket server, byte[] buffer, TimeSpan time)
    {
        var began = Stopwatch.GetTimestamp();
        var bytes = 0L;
        while (Stopwatch.GetElapsedTime(began) < time)
        {
            bytes += server.Receive(buffer);
        }

        return bytes;
    }

    private static void Exchange(Socket client, TimeSpan time, List<double> trips)
    {
        var one = new byte[1];
        var began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began) < time)
        {
            var sent = Stopwatch.GetTimestamp();
            client.Send(one);
            client.Receive(one);
            trips.Add(Stopwatch.GetElapsedTime(sent).TotalMicroseconds);
        }
    }

    /// <summary>Nanoseconds that the calling thread has been on a processor (Linux, Documentation/scheduler/sched-stats.rst).</summary>
    private static double ProcessorTime() =>
        double.Parse(File.ReadAllText("/proc/thread-self/schedstat").Split(' ')[0], CultureInfo.InvariantCulture);
}
