using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Lab.Runner.Relay;

namespace Lab.Tests;

/// <summary>ICMP echo requests with running numbers from within a pod to an address, at a steady rate, and what came back of each.</summary>
internal sealed class EchoStream : IDisposable
{
    private const int HeaderBytes = 8;
    private const int PayloadBytes = 56;

    private readonly Socket _socket;
    private readonly IPEndPoint _target;
    private readonly ushort _id;
    private readonly TimeSpan _pause;
    private readonly Task _sending;
    private readonly Thread _receiving;
    private readonly int[] _answers = new int[ushort.MaxValue + 1];
    private readonly long[] _sentAt = new long[ushort.MaxValue + 1];
    private volatile bool _isEnding;
    private int _sent;
    private long _lastAnswer;
    private long _longestGap;
    private long _gapEnd;
    private int _newest = -1;
    private int _reordered;

    /// <param name="ns">The path of the pod's network namespace.</param>
    /// <param name="target">Who is to answer.</param>
    /// <param name="id">Tells streams of one pod apart.</param>
    /// <param name="pause">Between two requests.</param>
    public EchoStream(string ns, string target, ushort id, TimeSpan pause)
    {
        (_id, _pause, _target) = (id, pause, new IPEndPoint(IPAddress.Parse(target), 0));
        _socket = NamespaceSocket.Open(ns, () => new Socket(AddressFamily.InterNetwork, SocketType.Raw, ProtocolType.Icmp) { ReceiveTimeout = 100, ReceiveBufferSize = 4 << 20 });
        _receiving = new Thread(Receive) { IsBackground = true };
        _receiving.Start();
        _sending = Task.Run(SendAsync);
    }

    /// <summary>Requests sent.</summary>
    public int Sent => Volatile.Read(ref _sent);

    /// <summary>Requests answered at least once.</summary>
    public int Answered => Sent - Lost.Count;

    /// <summary>Requests that nobody answered.</summary>
    public IReadOnlyList<int> Lost => [.. Enumerable.Range(0, Sent).Where(each => Volatile.Read(ref _answers[each]) == 0)];

    /// <summary>The number of the latest request that was answered; below 0 before the first.</summary>
    public int Newest => Volatile.Read(ref _newest);

    /// <summary>Answers beyond the first to a request.</summary>
    public int Duplicates => _answers.Sum(each => Math.Max(0, each - 1));

    /// <summary>Answers that came after that to a later request.</summary>
    public int Reordered => _reordered;

    /// <summary>The longest time without an answer to what was asked.</summary>
    public TimeSpan LongestGap => Stopwatch.GetElapsedTime(0, Volatile.Read(ref _longestGap));

    /// <summary>When the longest time without an answer ended, as <see cref="Stopwatch.GetTimestamp"/> tells the time.</summary>
    public long GapEnd => Volatile.Read(ref _gapEnd);

    /// <summary>Requests that nobody answered, of those sent later than so long before the longest time without an answer ended.</summary>
    public IEnumerable<int> LostSince(TimeSpan before) => Lost.Where(each => Stopwatch.GetElapsedTime(_sentAt[each], GapEnd) < before);

    /// <summary>Ends the sending, and waits until all has been answered or a time is up.</summary>
    public async Task EndAsync(TimeSpan patience)
    {
        _isEnding = true;
        await _sending;
        using var limit = new CancellationTokenSource(patience);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        try
        {
            while (Lost.Count > 0)
            {
                await timer.WaitForNextTickAsync(limit.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // What is lost by now is lost.
        }
    }

    public override string ToString() =>
        $"{Sent} sent, {Lost.Count} lost [{string.Join(' ', Lost.Take(20))}], {Duplicates} duplicates, {Reordered} reordered, longest gap {LongestGap.TotalMilliseconds:0} ms";

    public void Dispose()
    {
        _isEnding = true;
        _sending.Wait();
        _socket.Dispose();
        _receiving.Join();
    }

    private async Task SendAsync()
    {
        var packet = new byte[HeaderBytes + PayloadBytes];
        using var timer = new PeriodicTimer(_pause);
        for (var n = 0; n <= ushort.MaxValue && !_isEnding; n++)
        {
            packet.AsSpan().Clear();
            packet[0] = 8;
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(4), _id);
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(6), (ushort)n);
            BinaryPrimitives.WriteInt64BigEndian(packet.AsSpan(8), n);
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), Checksum(packet));
            _sentAt[n] = Stopwatch.GetTimestamp();
            Volatile.Write(ref _sent, n + 1);
            _socket.SendTo(packet, _target);
            await timer.WaitForNextTickAsync();
        }
    }

    private void Receive()
    {
        var buffer = new byte[2048];
        while (true)
        {
            try
            {
                var length = _socket.Receive(buffer);
                var header = (buffer[0] & 0xf) * 4;
                var icmp = buffer.AsSpan(header, length - header);
                if (icmp.Length >= HeaderBytes && icmp[0] == 0 && BinaryPrimitives.ReadUInt16BigEndian(icmp[4..]) == _id)
                {
                    Note(BinaryPrimitives.ReadUInt16BigEndian(icmp[6..]));
                }
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock)
            {
                if (_isEnding && _sending.IsCompleted && Lost.Count == 0)
                {
                    return;
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private void Note(int number)
    {
        var now = Stopwatch.GetTimestamp();
        if (_lastAnswer != 0)
        {
            // A sender that was kept from its processor has not waited for an answer meanwhile.
            var gap = now - Math.Max(_lastAnswer, _sentAt[Math.Min(_newest + 1, number)]);
            if (gap > _longestGap)
            {
                Volatile.Write(ref _longestGap, gap);
                Volatile.Write(ref _gapEnd, now);
            }
        }

        _lastAnswer = now;
        if (Interlocked.Increment(ref _answers[number]) == 1)
        {
            if (number < _newest)
            {
                _reordered++;
            }

            _newest = Math.Max(_newest, number);
        }
    }

    /// <summary>RFC 1071.</summary>
    private static ushort Checksum(ReadOnlySpan<byte> bytes)
    {
        uint sum = 0;
        for (var i = 0; i < bytes.Length; i += 2)
        {
            sum += BinaryPrimitives.ReadUInt16BigEndian(bytes[i..]);
        }

        while (sum >> 16 != 0)
        {
            sum = (sum & 0xffff) + (sum >> 16);
        }

        return (ushort)~sum;
    }
}
