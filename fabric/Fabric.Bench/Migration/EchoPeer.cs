using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Cni.Netlink;

namespace Fabric.Bench.Migration;

/// <summary>Datagrams with running numbers to an echo (RFC 862), at a steady rate, and what came back of each.</summary>
internal sealed class EchoPeer : IDisposable
{
    private const int PayloadBytes = 56;
    private const int MostDatagrams = 1 << 18;

    // A sender that was kept from its processor goes on from now, and does not make up for it by a burst.
    private const int MostBehind = 4;

    private static readonly TimeSpan Tail = TimeSpan.FromSeconds(2);

    private readonly Socket _socket;
    private readonly double _hertz;
    private readonly Thread _sending;
    private readonly Thread _receiving;
    private readonly long[] _sentAt = new long[MostDatagrams];
    private readonly long[] _answeredAt = new long[MostDatagrams];
    private volatile bool _isEnding;
    private volatile bool _isOver;
    private int _sent;
    private int _answered;
    private int _newest = -1;
    private int _duplicates;
    private int _reordered;
    private long _lastAnswer;
    private long _longestSilence;

    /// <param name="ns">The path of the network namespace that it sends from.</param>
    /// <param name="echo">Who is to answer.</param>
    /// <param name="hertz">Datagrams a second.</param>
    internal EchoPeer(string ns, IPEndPoint echo, double hertz)
    {
        _hertz = hertz;
        _socket = NetnsScope.Run(ns, () => new Socket(echo.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 100, ReceiveBufferSize = 4 << 20 });
        _socket.Connect(echo);
        _receiving = new Thread(Receive) { IsBackground = true, Name = "echo" };
        _receiving.Start();
        _sending = new Thread(Send) { IsBackground = true, Name = "ask" };
        _sending.Start();
    }

    /// <summary>Datagrams that came back.</summary>
    internal int Answered => Volatile.Read(ref _answered);

    /// <summary>Stops sending, waits for what is still under way, and says what became of all.</summary>
    internal Echoes End()
    {
        _isEnding = true;
        _sending.Join();
        var began = Stopwatch.GetTimestamp();
        while (Answered < _sent && Stopwatch.GetElapsedTime(began) < Tail)
        {
            Thread.Sleep(10);
        }

        _isOver = true;
        _receiving.Join();
        return new Echoes
        {
            SentAt = _sentAt[.._sent], AnsweredAt = _answeredAt[.._sent], Duplicates = _duplicates, Reordered = _reordered,
            LongestSilence = Stopwatch.GetElapsedTime(0, _longestSilence),
        };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _isEnding = _isOver = true;
        _sending.Join();
        _receiving.Join();
        _socket.Dispose();
    }

    private void Send()
    {
        var datagram = new byte[PayloadBytes];
        var began = Stopwatch.GetTimestamp();
        var first = 0;
        while (!_isEnding && _sent < MostDatagrams)
        {
            var due = first + (int)(Stopwatch.GetElapsedTime(began).TotalSeconds * _hertz);
            if (due - _sent > MostBehind)
            {
                (began, first, due) = (Stopwatch.GetTimestamp(), _sent, _sent + 1);
            }

            for (; _sent < Math.Min(due, MostDatagrams); Volatile.Write(ref _sent, _sent + 1))
            {
                BinaryPrimitives.WriteInt32BigEndian(datagram, _sent);
                _sentAt[_sent] = Stopwatch.GetTimestamp();
                try
                {
                    _socket.Send(datagram);
                }
                catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
                {
                    // The answer to an earlier one.
                }
            }

            Thread.Sleep(1);
        }
    }

    private void Receive()
    {
        var buffer = new byte[PayloadBytes * 2];
        while (!_isOver)
        {
            try
            {
                if (_socket.Receive(buffer) == PayloadBytes && BinaryPrimitives.ReadInt32BigEndian(buffer) is var number && (uint)number < (uint)Volatile.Read(ref _sent) + 1)
                {
                    Note(number, Stopwatch.GetTimestamp());
                }
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock or SocketError.ConnectionRefused)
            {
                // Silence.
            }
        }
    }

    private void Note(int number, long now)
    {
        if (_answeredAt[number] != 0)
        {
            _duplicates++;
            return;
        }

        _answeredAt[number] = now;
        if (_lastAnswer != 0)
        {
            _longestSilence = Math.Max(_longestSilence, now - _lastAnswer);
        }

        _lastAnswer = now;
        if (number < _newest)
        {
            _reordered++;
        }

        _newest = Math.Max(_newest, number);
        Interlocked.Increment(ref _answered);
    }
}

/// <summary>What became of the datagrams of a peer.</summary>
internal sealed record Echoes
{
    /// <summary>When each was sent, as <see cref="Stopwatch.GetTimestamp"/> tells the time.</summary>
    public required IReadOnlyList<long> SentAt { get; init; }

    /// <summary>When each came back first; 0 where it did not.</summary>
    public required IReadOnlyList<long> AnsweredAt { get; init; }

    /// <summary>Answers beyond the first of a datagram.</summary>
    public int Duplicates { get; init; }

    /// <summary>First answers that came after that to a later datagram.</summary>
    public int Reordered { get; init; }

    /// <summary>The longest time between two answers.</summary>
    public TimeSpan LongestSilence { get; init; }

    /// <summary>How many were lost.</summary>
    public int Lost => AnsweredAt.Count(each => each == 0);

    /// <summary>How many of those sent between two times were lost.</summary>
    public int LostBetween(long from, long to) => SentAt.Where((sent, number) => sent >= from && sent <= to && AnsweredAt[number] == 0).Count();

    /// <summary>The median time until an answer; null when there was none.</summary>
    public TimeSpan? MedianTrip
    {
        get
        {
            var trips = SentAt.Zip(AnsweredAt).Where(each => each.Second != 0).Select(each => (double)(each.Second - each.First)).ToArray();
            return trips.Length == 0 ? null : Stopwatch.GetElapsedTime(0, (long)new Statistics.Sample(trips).Median);
        }
    }
}
