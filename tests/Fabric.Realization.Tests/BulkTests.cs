using System.Diagnostics;
using Node.Testing;
using Ovs.Northbound;

namespace Fabric.Realization.Tests;

[Trait("kind", "ovs")]
public sealed class BulkTests
{
    private const int Subnets = 20;
    private const int NicsPerSubnet = 250;

    /// <summary>The figures are reported, not judged: the machine is shared.</summary>
    [Fact]
    public async Task Five_thousand_nics_are_written_left_alone_rebuilt_and_removed()
    {
        await using var nb = await RealizerFixture.StartAsync();
        await nb.ApplyAllAsync([Objects.Vpc("v"), .. Enumerable.Range(0, Subnets).Select(s => Objects.Subnet($"s{s}", $"10.1.{s}.0/24"))]);
        var nics = Enumerable.Range(0, Subnets).SelectMany(s => Enumerable.Range(2, NicsPerSubnet).Select(
            i => (object)Objects.Nic($"pod.p{s}-{i}.eth0", $"s{s}", $"10.1.{s}.{i}/24", $"0a:58:00:00:{s:x2}:{i:x2}"))).ToArray();

        await MeasureAsync("write", nics.Length, () => nb.ApplyAllAsync(nics));
        await MeasureAsync("compare, all right already", nics.Length, () => nb.ApplyAllAsync(nics));

        await MeasureAsync("rebuild a wiped database", nics.Length, async () =>
        {
            var connections = nb.Other.Connections;
            await nb.Server.RestartAsync(wipe: true);
            // Not until it is seen empty: the realizer may be the first to be back.
            await Eventually.HoldsAsync(() => nb.Other.Connections > connections);
            await nb.Other.Replica.WaitUntilAsync(snapshot => snapshot.Table<LogicalSwitchPort>().Count == nics.Length + Subnets, RealizerFixture.Deadline);
        });
        await MeasureAsync("remove", nics.Length, () => Task.WhenAll(nics.Select(
            nic => nb.Realizer.RemoveAsync(RowOwner.Nic(new("ns", ((Resources.Nic)nic).Metadata.Name!)), RealizerFixture.Deadline))));
        await nb.Other.Replica.WaitUntilAsync(snapshot => snapshot.Table<LogicalSwitchPort>().Count == Subnets, RealizerFixture.Deadline);
    }

    private static async Task MeasureAsync(string what, int count, Func<Task> work)
    {
        var start = Stopwatch.GetTimestamp();
        await work();
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        TestContext.Current.TestOutputHelper?.WriteLine($"{what}: {count} in {seconds:F2} s, {count / seconds:F0} a second");
    }
}
