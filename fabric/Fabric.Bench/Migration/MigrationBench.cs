using System.Diagnostics;
using Lab.Runner.Processes;

namespace Fabric.Bench.Migration;

/// <summary><c>fabric bench migration</c>: what those who talk to a VM notice when it moves, by Fabric's way and by OVN's own, in turn on one guest.</summary>
/// <param name="options">How much.</param>
/// <param name="prepare">Makes the lab.</param>
public sealed class MigrationBench(MigrationOptions options, Func<IProgress<string>, CancellationToken, Task<IMigrationSite>> prepare) : IBenchmark
{
    private const int UsualRate = 1000;

    // Tried in turn until the guest does not keep up.
    private static readonly int[] HigherRates = [1500, 2000, 3000, 4500];

    // A guest that queues answers later.
    private const double QueueingFactor = 2;

    private static readonly TimeSpan BeginDeadline = TimeSpan.FromSeconds(20);

    // What is said of the nodes may be late by so much, and what was sent to the VM in its last moment was not read.
    private static readonly long BeforeThePause = Stopwatch.Frequency / 10;

    /// <inheritdoc/>
    public string Name => "migration";

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Parameters { get; } =
        new Dictionary<string, string>(StringComparer.Ordinal) { ["migrations"] = $"{options.Migrations}" };

    /// <inheritdoc/>
    public async Task MeasureAsync(BenchRun run, CancellationToken cancellationToken)
    {
        await using var site = await prepare(run.Progress, cancellationToken);
        var most = await FindMostAsync(run, site, cancellationToken);
        run.Figure("max_rate_hz", most, "1/s", "datagrams of three peers together, the most of those tried that the guest answers without a queue, and without a loss while its memory is being sent");
        await MeasureEchoesAsync(run, site, new Load("1khz", "", UsualRate), cancellationToken);
        await MeasureEchoesAsync(run, site, new Load("max_rate", "max_rate_", most), cancellationToken);
        await MeasureTcpAsync(run, site, cancellationToken);
        run.Ratio("gap_vs_guest_p50", "gap_ms_p50", "guest_silence_ms_p50", "the longest silence of a peer against the guest's own");
        run.Ratio("rarp_gap_vs_guest_p50", "rarp_gap_ms_p50", "rarp_guest_silence_ms_p50", "the same with OVN's activation strategy rarp");
        run.Note("The guest is emulated where there is no KVM: its code is translated anew where it comes to, so that it answers 0.1 to 0.2 s after it goes on, and it carries some thousand packets a second.");
        run.Note("Its own silence is from its last packet at the tap on one node to its first at the tap on the other. In the pause is what was sent from 0.1 s before that until its end; what was lost before or later is counted apart.");
        run.Note("rarp_* is OVN's requested-chassis with activation-strategy=rarp on the same guest, in turn with Fabric's, with the fast path detached.");
    }

    /// <summary>Both ways in turn, and each in both directions: the VM goes back and forth.</summary>
    private IEnumerable<MigrationWay> Ways() => Enumerable.Range(0, options.Migrations)
        .SelectMany(i => i % 2 == 0 ? (MigrationWay[])[MigrationWay.Hold, MigrationWay.Rarp] : [MigrationWay.Rarp, MigrationWay.Hold]);

    private async Task<int> FindMostAsync(BenchRun run, IMigrationSite site, CancellationToken cancellationToken)
    {
        run.Progress.Report("how many datagrams the guest answers without a queue");
        await site.UseAsync(MigrationWay.Hold, cancellationToken);
        var (most, usual) = (UsualRate, await TryAsync(site, UsualRate, cancellationToken));
        foreach (var rate in HigherRates)
        {
            if (await TryAsync(site, rate, cancellationToken) is not { } trip || trip > usual * QueueingFactor || !await CarriesOnItsWayAsync(site, rate, cancellationToken))
            {
                break;
            }

            most = rate;
        }

        return most;
    }

    /// <returns>The median time of an answer; null when not all were answered.</returns>
    private async Task<TimeSpan?> TryAsync(IMigrationSite site, int rate, CancellationToken cancellationToken)
    {
        using var peers = new EchoPeers(site, rate);
        await peers.BeginAsync(cancellationToken);
        await Task.Delay(options.TrialTime, cancellationToken);
        var echoes = await peers.EndAsync();
        return echoes.Sum(each => each.Lost) > 0 ? null : echoes.Select(each => each.MedianTrip).Max();
    }

    /// <summary>A guest whose memory is being sent is slower.</summary>
    private static async Task<bool> CarriesOnItsWayAsync(IMigrationSite site, int rate, CancellationToken cancellationToken)
    {
        using var peers = new EchoPeers(site, rate);
        await peers.BeginAsync(cancellationToken);
        var moved = await site.MoveAsync(cancellationToken);
        return (await peers.EndAsync()).Sum(each => each.LostBetween(0, moved.Left - BeforeThePause)) == 0;
    }

    private async Task MeasureEchoesAsync(BenchRun run, IMigrationSite site, Load load, CancellationToken cancellationToken)
    {
        var moves = Tallies<EchoedMove>();
        foreach (var way in Ways())
        {
            await site.UseAsync(way, cancellationToken);
            var before = await site.CountersAsync(cancellationToken);
            using var peers = new EchoPeers(site, load.Rate);
            await peers.BeginAsync(cancellationToken);
            var moved = await site.MoveAsync(cancellationToken);
            var echoes = await peers.EndAsync();
            var move = new EchoedMove(moved, echoes, (await site.CountersAsync(cancellationToken)).Undelivered - before.Undelivered);
            moves[way].Add(move);
            run.Progress.Report($"{load.Name}: {way}, {moves[way].Count} of {options.Migrations}: {move}");
        }

        foreach (var (way, done) in moves)
        {
            Report(run, way, load, done);
        }
    }

    private static void Report(BenchRun run, MigrationWay way, Load load, IReadOnlyList<EchoedMove> moves)
    {
        var (prefix, of) = Words(way);
        run.Figure($"{prefix}lost_{load.Name}_total", moves.Sum(move => move.Lost), "1", $"datagrams lost in all migrations at {load.Rate} a second{of}");
        run.Figure($"{prefix}lost_{load.Name}_in_pause", moves.Sum(move => move.LostInPause), "1", $"of these, sent while the guest stood still{of}");
        run.Figure($"{prefix}lost_{load.Name}_after", moves.Sum(move => move.LostAfter), "1", $"of these, sent later{of}");
        run.Figure($"{prefix}lost_{load.Name}_in_guest", moves.Sum(move => move.LostInGuest), "1", $"datagrams that came to the guest and were dropped by its own kernel{of}");
        prefix += load.Prefix;
        run.Figure($"{prefix}duplicates_p50", moves.Median(move => move.Echoes.Sum(each => each.Duplicates)), "1", $"answered twice in a migration{of}");
        run.Figure($"{prefix}reordered_total", moves.Sum(move => move.Echoes.Sum(each => each.Reordered)), "1", $"answers that overtook each other{of}");
        run.Figure($"{prefix}gap_ms_p50", moves.Median(move => move.Echoes.Select(each => each.LongestSilence.TotalMilliseconds).Order().ElementAt(move.Echoes.Count / 2)), "ms", $"the longest silence of a peer{of}");
        run.Figure($"{prefix}guest_silence_ms_p50", moves.Median(move => move.GuestSilence.TotalMilliseconds), "ms", $"the guest's own silence{of}");
        run.Figure($"{prefix}followed_ms_p50", moves.Median(move => move.Followed.TotalMilliseconds), "ms", $"from the VM's first frame until the last node knew that the port is there alone{of}");
        run.Figure($"{prefix}followed_ms_p99", moves.Sample(move => move.Followed.TotalMilliseconds).Quantile(0.99), "ms", $"the same, 99th percentile{of}");
        if (moves.All(move => move.Moved.Activation is not null))
        {
            run.Figure($"{prefix}activation_ms_p50", moves.Median(move => move.Moved.Activation!.Value.TotalMilliseconds), "ms", "from the VM's first frame until all that was kept was delivered");
            run.Figure($"{prefix}activation_ms_p99", moves.Sample(move => move.Moved.Activation!.Value.TotalMilliseconds).Quantile(0.99), "ms", "the same, 99th percentile");
        }
    }

    private async Task MeasureTcpAsync(BenchRun run, IMigrationSite site, CancellationToken cancellationToken)
    {
        var outcomes = Tallies<(TcpOutcome Peers, long ByGuest)>();
        foreach (var way in Ways())
        {
            await site.UseAsync(way, cancellationToken);
            var before = await site.CountersAsync(cancellationToken);
            using var peers = new TcpPeers(site);
            await UntilAsync(() => peers.AreUnderWay, "the guest's TCP services answer", cancellationToken);
            await site.MoveAsync(cancellationToken);
            var outcome = await Task.Run(peers.End, cancellationToken);
            outcomes[way].Add((outcome, (await site.CountersAsync(cancellationToken)).Retransmitted - before.Retransmitted));
            run.Progress.Report($"TCP: {way}, {outcomes[way].Count} of {options.Migrations}: {outcome.Ended} ended, stalls of {outcome.StallTo.TotalMilliseconds:0} and {outcome.StallFrom.TotalMilliseconds:0} ms");
        }

        foreach (var (way, done) in outcomes)
        {
            var (prefix, of) = Words(way);
            run.Figure($"{prefix}tcp_ended_total", done.Sum(each => each.Peers.Ended), "1", $"connections that a migration ended{of}");
            run.Figure($"{prefix}tcp_stall_to_guest_ms_p50", done.Median(each => each.Peers.StallTo.TotalMilliseconds), "ms", $"the longest that bulk to the guest stood still{of}");
            run.Figure($"{prefix}tcp_stall_from_guest_ms_p50", done.Median(each => each.Peers.StallFrom.TotalMilliseconds), "ms", $"the same from the guest{of}");
            run.Figure($"{prefix}tcp_longest_trip_ms_p50", done.Median(each => each.Peers.LongestTrip.TotalMilliseconds), "ms", $"the longest that a byte took there and back{of}");
            run.Figure($"{prefix}tcp_retransmits_total", done.Sum(each => each.Peers.Retransmits), "1", $"segments that peers sent again{of}");
            run.Figure($"{prefix}tcp_guest_retransmits_total", done.Sum(each => each.ByGuest), "1", $"segments that the guest sent again{of}");
        }
    }

    private static (string Prefix, string Of) Words(MigrationWay way) => way == MigrationWay.Rarp ? ("rarp_", ", OVN's rarp") : ("", "");

    private static SortedDictionary<MigrationWay, List<T>> Tallies<T>() => new() { [MigrationWay.Hold] = [], [MigrationWay.Rarp] = [] };

    private static async Task UntilAsync(Func<bool> isSo, string what, CancellationToken cancellationToken)
    {
        if (!await Until.TrueAsync(isSo, BeginDeadline, cancellationToken))
        {
            throw new BenchException($"after {BeginDeadline.TotalSeconds:0} s it is not so that {what}");
        }
    }

    /// <summary>A peer of each node.</summary>
    private sealed class EchoPeers(IMigrationSite site, int rate) : IDisposable
    {
        // Of each peer, before anything is measured.
        private const int Exchanged = 100;

        private readonly EchoPeer[] _peers =
            [.. site.Peers.Select(each => new EchoPeer(each, site.Echo, (double)rate / site.Peers.Count))];

        internal Task BeginAsync(CancellationToken cancellationToken) =>
            UntilAsync(() => _peers.All(each => each.Answered >= Exchanged), "the guest echoes datagrams of every peer", cancellationToken);

        internal Task<Echoes[]> EndAsync() => Task.WhenAll(_peers.Select(each => Task.Run(each.End)));

        public void Dispose()
        {
            foreach (var each in _peers)
            {
                each.Dispose();
            }
        }
    }

    /// <summary>How much is sent to the guest.</summary>
    /// <param name="Name">In the names of what is lost.</param>
    /// <param name="Prefix">Of the other figures' names.</param>
    /// <param name="Rate">Datagrams a second, of all peers together.</param>
    private sealed record Load(string Name, string Prefix, int Rate);

    /// <summary>A migration and what peers noticed.</summary>
    private sealed record EchoedMove(Moved Moved, IReadOnlyList<Echoes> Echoes, long LostInGuest)
    {
        internal int Lost => Echoes.Sum(each => each.Lost);

        internal int LostInPause => Echoes.Sum(each => each.LostBetween(Moved.Left - BeforeThePause, Moved.Came));

        internal int LostAfter => Echoes.Sum(each => each.LostBetween(Moved.Came + 1, long.MaxValue));

        internal TimeSpan GuestSilence => Stopwatch.GetElapsedTime(Moved.Left, Moved.Came);

        internal TimeSpan Followed => Stopwatch.GetElapsedTime(Moved.Spoke, Moved.Followed);

        public override string ToString() =>
            $"{Lost} lost, {LostInPause} of them in the pause and {LostAfter} after, {LostInGuest} in the guest; {Echoes.Sum(each => each.Duplicates)} twice; silent for {GuestSilence.TotalMilliseconds:0} ms";
    }
}

/// <summary>Samples of what was measured several times.</summary>
internal static class Samples
{
    internal static Statistics.Sample Sample<T>(this IEnumerable<T> measured, Func<T, double> value) => new(measured.Select(value));

    internal static double Median<T>(this IEnumerable<T> measured, Func<T, double> value) => measured.Sample(value).Median;
}
