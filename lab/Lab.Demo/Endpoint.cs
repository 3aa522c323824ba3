using System.Text.RegularExpressions;
using Lab.Runner.Processes;

namespace Lab.Demo;

/// <summary>A place inside the network that commands can be run in: a pod or a guest.</summary>
/// <param name="Name">For people: <c>pod client</c>, <c>VM web</c>.</param>
/// <param name="ExecAsync">Runs a command there.</param>
internal sealed partial record Endpoint(string Name, Func<IReadOnlyList<string>, CancellationToken, Task<ToolResult>> ExecAsync)
{
    /// <summary>The address with prefix length that <c>eth0</c> has.</summary>
    internal async Task<string> AddressAsync(CancellationToken cancellationToken) =>
        Inet().Match(await RunAsync(cancellationToken, "ip", "-4", "-o", "addr", "show", "dev", "eth0")).Groups["address"].Value;

    /// <summary>The MAC address that <c>eth0</c> has.</summary>
    internal async Task<string> MacAsync(CancellationToken cancellationToken) =>
        Ether().Match(await RunAsync(cancellationToken, "ip", "-o", "link", "show", "dev", "eth0")).Groups["mac"].Value;

    /// <summary>Sends echo requests as fast as they are answered.</summary>
    internal async Task<Ping> PingAsync(string target, int count, CancellationToken cancellationToken, string? source = null)
    {
        IReadOnlyList<string> from = source is null ? [] : ["-I", source];
        var result = await ExecAsync(["ping", "-A", "-q", "-W", "1", "-w", "20", "-c", $"{count}", .. from, target], cancellationToken);
        return Ping.Parse(result.Output);
    }

    /// <summary>Sends echo requests from an address that is not this endpoint's, as a liar would, and tidies up.</summary>
    internal async Task SpoofAsync(string source, string target, int count, CancellationToken cancellationToken)
    {
        await RunAsync(cancellationToken, "ip", "addr", "add", $"{source}/32", "dev", "eth0");
        await ExecAsync(["ping", "-q", "-i", "0.2", "-W", "1", "-w", "3", "-c", $"{count}", "-I", source, target], cancellationToken);
        await RunAsync(cancellationToken, "ip", "addr", "del", $"{source}/32", "dev", "eth0");
    }

    /// <summary>How many echo requests have arrived here since boot (RFC 2011 icmpInEchos), whoever they say they are from.</summary>
    internal async Task<long> EchosReceivedAsync(CancellationToken cancellationToken)
    {
        var lines = (await RunAsync(cancellationToken, "cat", "/proc/net/snmp")).Split('\n').Where(line => line.StartsWith("Icmp: ", StringComparison.Ordinal)).ToArray();
        var names = lines[0].Split(' ');
        return long.Parse(lines[1].Split(' ')[Array.IndexOf(names, "InEchos")]);
    }

    private async Task<string> RunAsync(CancellationToken cancellationToken, params string[] command)
    {
        var result = await ExecAsync(command, cancellationToken);
        return result.ExitCode == 0
            ? result.Output
            : throw new ToolException($"{string.Join(' ', command)} in {Name}", result.ExitCode, result.Error + result.Output);
    }

    [GeneratedRegex(@"link/ether (?<mac>\S+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Ether();

    [GeneratedRegex(@"inet (?<address>\S+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Inet();
}

/// <summary>What ping says at its end.</summary>
/// <param name="Sent">Requests sent.</param>
/// <param name="Received">Answers received.</param>
/// <param name="AverageMilliseconds">The mean round trip, 0 when nothing came back.</param>
internal readonly partial record struct Ping(int Sent, int Received, double AverageMilliseconds)
{
    /// <summary>Whether every request was answered.</summary>
    internal bool IsWhole => Sent > 0 && Received == Sent;

    /// <summary>Reads the summary of busybox or iputils.</summary>
    internal static Ping Parse(string text)
    {
        var counts = Counts().Match(text);
        var times = Times().Match(text);
        return new Ping(
            counts.Success ? int.Parse(counts.Groups["sent"].Value) : 0,
            counts.Success ? int.Parse(counts.Groups["received"].Value) : 0,
            times.Success ? double.Parse(times.Groups["average"].Value) : 0);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Received} of {Sent} answered, {AverageMilliseconds:0.00} ms on average";

    [GeneratedRegex(@"(?<sent>\d+) packets transmitted, (?<received>\d+) (packets )?received", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Counts();

    [GeneratedRegex(@"= [\d.]+/(?<average>[\d.]+)/", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Times();
}
