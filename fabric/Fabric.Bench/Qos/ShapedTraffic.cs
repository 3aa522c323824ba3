using System.Diagnostics;
using System.Net.Sockets;
using Fabric.Bench.Datapath;

namespace Fabric.Bench.Qos;

/// <summary>What arrives at a pod of more than its limit lets pass.</summary>
internal static class ShapedTraffic
{
    private const int StreamBytes = 256 << 10;
    private const int BinMilliseconds = 10;

    // A stream begins by losing what the queue does not hold; after this it has found its rate.
    internal static readonly TimeSpan Settling = TimeSpan.FromSeconds(1.5);

    /// <summary>One TCP connection that sends all it can.</summary>
    /// <returns>Bit/s of payload received.</returns>
    internal static double Stream(PathEnds path, int milliseconds)
    {
        using var pouring = Pour(path, read: false);
        pouring.Receive(Settling);
        var began = Stopwatch.GetTimestamp();
        var bytes = pouring.Receive(TimeSpan.FromMilliseconds(milliseconds));
        return bytes * 8 / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    /// <summary>A TCP connection that sends all it can until disposed of.</summary>
    /// <param name="path">Its way.</param>
    /// <param name="read">Whether what arrives is read; otherwise the caller reads it.</param>
    internal static Pouring Pour(PathEnds path, bool read = true)
    {
        var (client, server) = PathTraffic.Connect(path);
        return new Pouring(client, server, read);
    }

    /// <summary>Datagrams at a steady rate.</summary>
    /// <param name="path">Their way.</param>
    /// <param name="offered">How fast frames are sent, in bit/s.</param>
    /// <param name="payloadBytes">Of each.</param>
    /// <param name="frameBytes">Of each, with all headers.</param>
    /// <param name="milliseconds">How long what arrives is counted.</param>
    internal static Arrivals Datagrams(PathEnds path, double offered, int payloadBytes, int frameBytes, int milliseconds)
    {
        var (client, server) = PathTraffic.ConnectDatagrams(path);
        using (client)
        using (server)
        using (Offer(datagram => client.Send(datagram), offered, payloadBytes, frameBytes))
        {
            return Receive(server, frameBytes, milliseconds);
        }
    }

    /// <summary>Sends datagrams at a steady rate until disposed of.</summary>
    internal static IDisposable Offer(Action<byte[]> send, double offered, int payloadBytes, int frameBytes) => new Offering(send, offered, payloadBytes, frameBytes);

    /// <summary>Counts the datagrams that arrive at a socket.</summary>
    internal static Arrivals Receive(Socket server, int frameBytes, int milliseconds)
    {
        server.ReceiveTimeout = BinMilliseconds;
        var received = new byte[65536];
        return Count(milliseconds, began =>
        {
            long frames = 0;
            while (Stopwatch.GetElapsedTime(began).TotalMilliseconds < BinMilliseconds)
            {
                try
                {
                    server.Receive(received);
                    frames++;
                }
                catch (SocketException e) when (e.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock)
                {
                    // Nothing for a while.
                }
            }

            return frames * frameBytes;
        });
    }

    /// <summary>Counts what a counter of bytes counts.</summary>
    internal static Arrivals Watch(Func<long> counter, int milliseconds)
    {
        var before = counter();
        return Count(milliseconds, _ =>
        {
            Thread.Sleep(BinMilliseconds);
            var (last, now) = (before, counter());
            before = now;
            return now - last;
        });
    }

    /// <param name="milliseconds">How long.</param>
    /// <param name="arrived">Waits for the end of a bin that began then, and returns the bytes in it.</param>
    private static Arrivals Count(int milliseconds, Func<long, long> arrived)
    {
        var bins = new List<Arrivals.Bin>();
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started).TotalMilliseconds < milliseconds)
        {
            var began = Stopwatch.GetTimestamp();
            var bytes = arrived(began);
            bins.Add(new Arrivals.Bin(bytes, Stopwatch.GetElapsedTime(began).TotalSeconds));
        }

        return new Arrivals(bins);
    }

    private sealed class Offering : IDisposable
    {
        private readonly Thread _sender;
        private volatile bool _ended;

        internal Offering(Action<byte[]> send, double offered, int payloadBytes, int frameBytes)
        {
            _sender = new Thread(() =>
            {
                var datagram = new byte[payloadBytes];
                var began = Stopwatch.GetTimestamp();
                for (long sent = 0; !_ended;)
                {
                    if (sent * frameBytes * 8 < offered * Stopwatch.GetElapsedTime(began).TotalSeconds)
                    {
                        send(datagram);
                        sent++;
                    }
                    else
                    {
                        Thread.Yield();
                    }
                }
            });
            _sender.Start();
        }

        public void Dispose()
        {
            _ended = true;
            _sender.Join();
        }
    }

    /// <summary>A stream that is under way.</summary>
    internal sealed class Pouring : IDisposable
    {
        private readonly Socket _client;
        private readonly Socket? _server;
        private readonly Thread _sender;
        private readonly Thread? _reader;
        private readonly byte[] _received = new byte[StreamBytes];

        /// <param name="client">Which sends.</param>
        /// <param name="server">Which receives, where that is in this process.</param>
        /// <param name="read">Whether what arrives is read.</param>
        internal Pouring(Socket client, Socket? server = null, bool read = false)
        {
            (_client, _server) = (client, server);
            _sender = Start(() =>
            {
                var buffer = new byte[StreamBytes];
                while (true)
                {
                    client.Send(buffer);
                }
            });
            _reader = read ? Start(() => Receive(Timeout.InfiniteTimeSpan)) : null;
        }

        /// <returns>The bytes that arrive within a time.</returns>
        internal long Receive(TimeSpan time)
        {
            var began = Stopwatch.GetTimestamp();
            var bytes = 0L;
            while (time == Timeout.InfiniteTimeSpan || Stopwatch.GetElapsedTime(began) < time)
            {
                bytes += _server!.Receive(_received);
            }

            return bytes;
        }

        public void Dispose()
        {
            // A sender that waits for room is let go by its receiver's end.
            _server?.Dispose();
            _client.Dispose();
            _sender.Join();
            _reader?.Join();
        }

        private static Thread Start(Action work)
        {
            var thread = new Thread(() =>
            {
                try
                {
                    work();
                }
                catch (Exception e) when (e is SocketException or ObjectDisposedException)
                {
                    // It was closed.
                }
            });
            thread.Start();
            return thread;
        }
    }
}

/// <summary>What arrived, in small spans of time.</summary>
/// <param name="Bins">The spans, one after the other.</param>
internal sealed record Arrivals(IReadOnlyList<Arrivals.Bin> Bins)
{
    /// <summary>Bit/s over the second half, when what was saved up is used up.</summary>
    internal double Rate => RateOf(Bins.Skip(Bins.Count / 2));

    /// <summary>Bit/s in the second in which most arrived, of those that begin after the first tenth of one.</summary>
    internal double MostInASecond
    {
        get
        {
            var most = 0.0;
            for (var first = 10; first < Bins.Count; first++)
            {
                double seconds = 0, bytes = 0;
                for (var i = first; i < Bins.Count && seconds < 1; i++)
                {
                    seconds += Bins[i].Seconds;
                    bytes += Bins[i].Bytes;
                }

                if (seconds < 1)
                {
                    break;
                }

                most = Math.Max(most, bytes * 8 / seconds);
            }

            return most > 0 ? most : RateOf(Bins);
        }
    }

    private static double RateOf(IEnumerable<Bin> bins)
    {
        var all = bins.ToArray();
        return all.Sum(bin => bin.Bytes) * 8 / all.Sum(bin => bin.Seconds);
    }

    /// <summary>What arrived in a small span.</summary>
    internal readonly record struct Bin(long Bytes, double Seconds);
}
