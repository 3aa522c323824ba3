using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Fabric.Bench.Migration;
using Fabric.Bench.Servers;

namespace Fabric.Bench.Tests.Migration;

/// <summary>What the benchmark of migrations counts, with a guest that is a process on this machine and drops on purpose.</summary>
public sealed class MigrationBenchTests
{
    [Fact]
    public async Task Every_datagram_that_is_dropped_is_counted_and_where_it_was()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        var site = new Site();
        var bench = new MigrationBench(new MigrationOptions { Migrations = 1, TrialTime = TimeSpan.FromMilliseconds(200) }, (_, _) => Task.FromResult<IMigrationSite>(site));
        var report = await BenchRunner.RunAsync(bench, new FabricProgram("none", []), new Progress<string>(), TestContext.Current.CancellationToken);
        var figures = report.Figures.ToDictionary(each => each.Name, each => each.Value, StringComparer.Ordinal);

        Assert.Equal(0, figures["lost_1khz_total"]);
        Assert.Equal(0, figures["tcp_ended_total"]);
        // By the other way the guest drops all that comes in its pause.
        var dropped = figures["rarp_lost_1khz_total"] + figures["rarp_lost_max_rate_total"];
        Assert.True(dropped > 0);
        Assert.Equal(site.Dropped, dropped);
        Assert.Equal(dropped, figures["rarp_lost_1khz_in_pause"] + figures["rarp_lost_max_rate_in_pause"]);
        Assert.True(figures["rarp_guest_silence_ms_p50"] >= Site.Pause.TotalMilliseconds - 1);
        Assert.Contains(report.Ratios, each => each.Name == "rarp_gap_vs_guest_p50");
    }

    [Fact]
    public void Lost_datagrams_belong_to_the_time_in_which_they_were_sent()
    {
        var echoes = new Echoes { SentAt = [10, 20, 30, 40], AnsweredAt = [15, 0, 0, 45] };
        Assert.Equal((2, 1, 2, 0), (echoes.Lost, echoes.LostBetween(25, 40), echoes.LostBetween(20, 30), echoes.LostBetween(31, 99)));
        Assert.Equal(TimeSpan.FromTicks(5 * TimeSpan.TicksPerSecond / Stopwatch.Frequency), echoes.MedianTrip);
        Assert.Null(new Echoes { SentAt = [1], AnsweredAt = [0] }.MedianTrip);
    }

    /// <summary>A guest that stands still for a while when it moves; with OVN's way it drops what comes meanwhile.</summary>
    private sealed class Site : IMigrationSite
    {
        internal static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

        private const string Here = "/proc/self/ns/net";

        private readonly Socket _echo = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = 4 << 20 };
        private readonly Socket[] _listeners = [.. Enumerable.Range(0, 3).Select(_ => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))];
        private readonly Lock _running = new();
        private readonly List<Thread> _threads = [];
        private MigrationWay _way;
        private volatile bool _drops;

        internal Site()
        {
            _echo.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            Start(AnswerDatagrams);
            Listen(_listeners[0], (socket, buffer) => socket.Send(buffer.AsSpan(0, Read(socket, buffer))));
            Listen(_listeners[1], (socket, buffer) => Read(socket, buffer));
            Listen(_listeners[2], (socket, buffer) => socket.Send(buffer));
        }

        public IReadOnlyList<string> Peers { get; } = [Here, Here, Here];

        public IPEndPoint Echo => (IPEndPoint)_echo.LocalEndPoint!;

        public IPEndPoint Answers => (IPEndPoint)_listeners[0].LocalEndPoint!;

        public IPEndPoint Sink => (IPEndPoint)_listeners[1].LocalEndPoint!;

        public IPEndPoint Source => (IPEndPoint)_listeners[2].LocalEndPoint!;

        internal int Dropped { get; private set; }

        public Task UseAsync(MigrationWay way, CancellationToken cancellationToken)
        {
            _way = way;
            return Task.CompletedTask;
        }

        public Task<Moved> MoveAsync(CancellationToken cancellationToken) => Task.Run(() =>
        {
            // What a thread waits for here is the time that a guest stands still, not for something to happen.
            long left;
            if (_way == MigrationWay.Rarp)
            {
                left = Stopwatch.GetTimestamp();
                // What was sent before this is answered, however late it is read.
                while (_echo.Available > 0)
                {
                    Thread.Yield();
                }

                _drops = true;
                Wait();
                _drops = false;
            }
            else
            {
                lock (_running)
                {
                    left = Stopwatch.GetTimestamp();
                    Wait();
                }
            }

            var came = Stopwatch.GetTimestamp();
            return new Moved(left, came, came, Stopwatch.GetTimestamp(), _way == MigrationWay.Hold ? TimeSpan.FromMilliseconds(3) : null);

            static void Wait()
            {
                for (var began = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(began) < Pause;)
                {
                    Thread.Yield();
                }
            }
        }, cancellationToken);

        public Task<GuestCounters> CountersAsync(CancellationToken cancellationToken) => Task.FromResult(new GuestCounters(0, 0));

        public ValueTask DisposeAsync()
        {
            foreach (var socket in _listeners.Append(_echo))
            {
                socket.Dispose();
            }

            lock (_threads)
            {
                _threads.ForEach(each => each.Join());
            }

            return ValueTask.CompletedTask;
        }

        private void AnswerDatagrams()
        {
            var buffer = new byte[2048];
            EndPoint from = new IPEndPoint(IPAddress.Any, 0);
            while (true)
            {
                // Only what both came and was read in the pause was certainly sent in it.
                var drops = _drops;
                var length = _echo.ReceiveFrom(buffer, ref from);
                if (drops && _drops)
                {
                    Dropped++;
                    continue;
                }

                lock (_running)
                {
                    _echo.SendTo(buffer.AsSpan(0, length), from);
                }
            }
        }

        private void Listen(Socket listener, Func<Socket, byte[], int> serve)
        {
            listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            listener.Listen(8);
            Start(() =>
            {
                while (true)
                {
                    var connection = listener.Accept();
                    Start(() =>
                    {
                        using (connection)
                        {
                            for (var buffer = new byte[4096]; ;)
                            {
                                serve(connection, buffer);
                            }
                        }
                    });
                }
            });
        }

        private static int Read(Socket socket, byte[] buffer) => socket.Receive(buffer) is > 0 and var read ? read : throw new SocketException((int)SocketError.ConnectionReset);

        private void Start(Action work)
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
            lock (_threads)
            {
                _threads.Add(thread);
            }

            thread.Start();
        }
    }
}
