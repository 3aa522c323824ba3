using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Cni.Netlink;

namespace Fabric.Bench.Migration;

/// <summary>Three connections to the guest, each from another peer: bulk to it and from it at a bounded rate, and one byte there and back again and again.</summary>
internal sealed class TcpPeers : IDisposable
{
    private const int ChunkBytes = 16 << 10;

    // What an emulated guest carries in both directions with time left.
    private const double BytesPerSecond = 20e6 / 8;

    // Small, so that what waits at an end does not hide that nothing moves.
    private const int BufferBytes = 64 << 10;

    // TCP_INFO and the place of tcpi_total_retrans in it (linux/tcp.h).
    private const int TcpInfo = 11;
    private const int TotalRetransmits = 100;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2);
    private static readonly int ErrorTimeout = 30_000;

    private readonly Stream _to;
    private readonly Stream _from;
    private readonly Stream _trips;

    /// <param name="site">Whose peers connect.</param>
    internal TcpPeers(IMigrationSite site)
    {
        var chunk = new byte[ChunkBytes];
        var read = new byte[ChunkBytes];
        var one = new byte[1];
        _to = new Stream(site.Peers[0], site.Sink, socket => socket.Send(chunk), PauseFor);
        _from = new Stream(site.Peers[1], site.Source, socket => ReadSome(socket, read), PauseFor);
        _trips = new Stream(site.Peers[2], site.Answers, socket => socket.Send(one) + ReadSome(socket, one), (_, _) => Pause);
    }

    private Stream[] All => [_to, _from, _trips];

    /// <summary>Whether something goes by all three.</summary>
    internal bool AreUnderWay => All.All(each => each.Bytes > 2 * BufferBytes || (each == _trips && each.Bytes > 100) || each.Fault is not null);

    /// <summary>Ends them and says what they noticed.</summary>
    internal TcpOutcome End()
    {
        foreach (var each in All)
        {
            each.End();
        }

        return new TcpOutcome(All.Count(each => each.Fault is not null), _to.LongestWait, _from.LongestWait, _trips.LongestWait, All.Sum(each => each.Retransmits));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var each in All)
        {
            each.Dispose();
        }
    }

    private static int ReadSome(Socket socket, byte[] buffer) => socket.Receive(buffer) is > 0 and var bytes ? bytes : throw new SocketException((int)SocketError.ConnectionReset);

    /// <summary>Until it is time for more at the rate.</summary>
    private static TimeSpan PauseFor(long bytes, TimeSpan elapsed) => TimeSpan.FromSeconds(bytes / BytesPerSecond) - elapsed;

    /// <summary>A connection and the thread that works on it.</summary>
    private sealed class Stream : IDisposable
    {
        private readonly Socket _socket;
        private readonly Thread _thread;
        private volatile bool _isEnding;
        private long _bytes;
        private long _longest;

        internal Stream(string ns, IPEndPoint guest, Func<Socket, int> work, Func<long, TimeSpan, TimeSpan> pause)
        {
            _socket = NetnsScope.Run(ns, () => new Socket(guest.AddressFamily, SocketType.Stream, ProtocolType.Tcp)
            {
                NoDelay = true, SendTimeout = ErrorTimeout, ReceiveTimeout = ErrorTimeout, SendBufferSize = BufferBytes, ReceiveBufferSize = BufferBytes,
            });
            try
            {
                _socket.Connect(guest);
            }
            catch
            {
                _socket.Dispose();
                throw;
            }

            _thread = new Thread(() => Work(work, pause)) { IsBackground = true, Name = "tcp" };
            _thread.Start();
        }

        internal long Bytes => Volatile.Read(ref _bytes);

        /// <summary>Why it ended before it was to; null when it did not.</summary>
        internal SocketException? Fault { get; private set; }

        /// <summary>The longest that it waited for the other side.</summary>
        internal TimeSpan LongestWait => Stopwatch.GetElapsedTime(0, Volatile.Read(ref _longest));

        /// <summary>Segments that this side has sent again.</summary>
        internal long Retransmits { get; private set; }

        internal void End()
        {
            if (_isEnding)
            {
                return;
            }

            _isEnding = true;
            _thread.Join();
            var info = new byte[256];
            Retransmits = _socket.GetRawSocketOption((int)SocketOptionLevel.Tcp, TcpInfo, info) >= TotalRetransmits + sizeof(uint)
                ? BitConverter.ToUInt32(info, TotalRetransmits)
                : throw new BenchException("the kernel does not tell how often a segment was sent again (TCP_INFO)");
            _socket.Close();
        }

        public void Dispose()
        {
            _isEnding = true;
            _thread.Join();
            _socket.Dispose();
        }

        private void Work(Func<Socket, int> work, Func<long, TimeSpan, TimeSpan> pause)
        {
            try
            {
                // After a wait it goes on at its rate, and makes up for nothing.
                var (since, bytes) = (Stopwatch.GetTimestamp(), 0L);
                while (!_isEnding)
                {
                    var before = Stopwatch.GetTimestamp();
                    var done = work(_socket);
                    var waited = Stopwatch.GetTimestamp() - before;
                    Volatile.Write(ref _longest, Math.Max(_longest, waited));
                    Volatile.Write(ref _bytes, _bytes + done);
                    bytes += done;
                    switch (pause(bytes, Stopwatch.GetElapsedTime(since)))
                    {
                        case { Ticks: > 0 } rest:
                            Thread.Sleep(rest);
                            break;
                        default:
                            (since, bytes) = (Stopwatch.GetTimestamp(), 0);
                            break;
                    }
                }
            }
            catch (SocketException e)
            {
                Fault = e;
            }
        }
    }
}

/// <summary>What connections noticed of a migration.</summary>
/// <param name="Ended">Connections that ended.</param>
/// <param name="StallTo">The longest that bulk to the guest stood still.</param>
/// <param name="StallFrom">The same of bulk from it.</param>
/// <param name="LongestTrip">The longest that a byte took there and back.</param>
/// <param name="Retransmits">Segments that the peers sent again.</param>
internal sealed record TcpOutcome(int Ended, TimeSpan StallTo, TimeSpan StallFrom, TimeSpan LongestTrip, long Retransmits);
