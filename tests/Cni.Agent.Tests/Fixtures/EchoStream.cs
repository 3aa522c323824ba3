using System.Globalization;
using System.Text.RegularExpressions;
using Fabric.Primitives;
using Node.Testing;

namespace Cni.Agent.Tests.Fixtures;

/// <summary>A thousand echo requests a second from a pod, and the numbers of those that were answered.</summary>
internal sealed partial class EchoStream : IDisposable
{
    private readonly Daemon _ping;

    public EchoStream(TestNetns from, IpAddress to)
    {
        var log = Path.GetTempFileName();
        _ping = Daemon.Start(log, new Dictionary<string, string>(), "nsenter", $"--net={from.Path}", "ping", "-n", "-i", "0.001", to.ToString());
    }

    /// <summary>Waits until so many more have been answered.</summary>
    public async Task WaitForAsync(int answers)
    {
        var wanted = Answered().Count + answers;
        await Eventually.HoldsAsync(() => Answered().Count >= wanted);
    }

    /// <summary>The requests that were not answered although a later one was.</summary>
    public IReadOnlyList<int> Missing()
    {
        var answered = Answered();
        return [.. Enumerable.Range(1, answered.Max).Except(answered)];
    }

    public void Dispose()
    {
        _ping.Dispose();
        File.Delete(_ping.Log);
    }

    private SortedSet<int> Answered() =>
        [.. Sequence().Matches(File.ReadAllText(_ping.Log)).Select(match => int.Parse(match.Groups["number"].ValueSpan, CultureInfo.InvariantCulture))];

    [GeneratedRegex(@"bytes from .* icmp_seq=(?<number>[0-9]+) ttl", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Sequence();
}
