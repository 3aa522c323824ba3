using Fabric.Bench.Servers;
using Fabric.Bench.Statistics;
using Fabric.Primitives;
using Fabric.Resources;
using Fabric.Resources.Core;

namespace Fabric.Bench.Ipam;

/// <summary>What addresses that nobody has cost in memory: servers with large subnets against one with small ones, each with one Nic.</summary>
internal sealed class FreeAddressMemory(int repetitions)
{
    private const string Namespace = "memory";

    /// <summary>Enough that what one costs is seen through what a process gains and loses by itself.</summary>
    private const int Subnets = 16;

    internal async Task MeasureAsync(BenchRun run, CancellationToken cancellationToken)
    {
        var small = await GrowthAsync(run, "24", i => new SubnetSpec { Ipv4 = V4($"10.0.{i}.0/24") }, cancellationToken);
        var large = await GrowthAsync(run, "8", i => new SubnetSpec { Ipv4 = V4($"{16 + i}.0.0.0/8") }, cancellationToken);
        var huge = await GrowthAsync(run, "64", i => new SubnetSpec { Ipv6 = new SubnetRange { Cidr = IpPrefix.Parse($"fd00:0:0:{i + 1:x}::/64") } }, cancellationToken);
        run.Figure("free_addresses_8_mb", (large - small) / Subnets, "MB", "what an IPv4 /8 costs more than a /24, free addresses alone");
        run.Figure("free_addresses_64_mb", (huge - small) / Subnets, "MB", "what an IPv6 /64 costs more than an IPv4 /24");
    }

    private static SubnetRange V4(string cidr) => new() { Cidr = IpPrefix.Parse(cidr) };

    private async Task<double> GrowthAsync(BenchRun run, string size, Func<int, SubnetSpec> spec, CancellationToken cancellationToken)
    {
        var growths = new List<double>();
        for (var i = 0; i < repetitions; i++)
        {
            run.Progress.Report($"memory of {Subnets} subnets of /{size}, {i + 1} of {repetitions}");
            growths.Add(await GrowthOnceAsync(run, Path.Combine(run.Folder, $"memory-{size}-{i}"), spec, cancellationToken));
        }

        run.Median($"rss_growth_{size}_mb", growths, "MB", $"memory that {Subnets} subnets of /{size} with one Nic each add to a fresh server");
        return new Sample(growths).Median;
    }

    private static async Task<double> GrowthOnceAsync(BenchRun run, string folder, Func<int, SubnetSpec> spec, CancellationToken cancellationToken)
    {
        await using var plane = await ControlPlane.PrepareAsync(run.Fabric, folder, cancellationToken);
        await plane.StartAsync(cancellationToken);
        await plane.WaitSettledAsync(cancellationToken);
        await plane.WaitQuietAsync(cancellationToken);
        var before = plane.Process.Usage().ResidentBytes;
        await using var session = await IpamSession.OpenAsync(plane, clients: 1, Namespace, cancellationToken);
        await session.Clients[0].Resource(ResourceTypes.Namespaces).CreateAsync(new Namespace { Metadata = new ObjectMeta { Name = Namespace } }, cancellationToken);
        var names = Enumerable.Range(0, Subnets).Select(i => $"s{i}").ToArray();
        for (var i = 0; i < Subnets; i++)
        {
            await session.Clients[0].Resource(ResourceTypes.Subnets).CreateAsync(
                new Subnet { Metadata = new ObjectMeta { Name = names[i] }, Spec = spec(i) }, cancellationToken);
        }

        await session.AllocateBy(1, "nic-").AllocateAsync(names, cancellationToken);
        await plane.WaitQuietAsync(cancellationToken);
        return (plane.Process.Usage().ResidentBytes - before) / 1e6;
    }
}
