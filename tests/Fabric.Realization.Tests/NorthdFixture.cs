using Fabric.Policy.Evaluating;
using Ovs.Northbound;
using Ovs.Ovsdb;
using Ovs.Ovsdb.Tests.Servers;

namespace Fabric.Realization.Tests;

/// <summary>OVN without nodes: both databases, a realizer, and northd, which translates the one into the other.</summary>
internal sealed class NorthdFixture : IAsyncDisposable
{
    private OvsdbServer? _southbound;
    private Daemon? _northd;

    internal RealizerFixture Northbound { get; private init; } = null!;

    /// <summary>Where the southbound database is.</summary>
    internal string Southbound => _southbound!.Endpoint.ToString();

    /// <summary>What northd has warned of.</summary>
    internal IReadOnlyList<string> Complaints => _northd!.Complaints();

    /// <summary>Starts all and realizes some objects; what was started is ended again when that fails.</summary>
    internal static Task<NorthdFixture> StartAsync(params object[] objects) => StartAsync(null, objects);

    /// <summary>The same with policies, which come before the objects.</summary>
    internal static async Task<NorthdFixture> StartAsync(PolicyWorld? world, object[] objects)
    {
        var fixture = new NorthdFixture { Northbound = await RealizerFixture.StartAsync(world) };
        try
        {
            await fixture.StartNorthdAsync();
            await (world?.RealizeAsync(fixture.Northbound.Realizer, RealizerFixture.Deadline) ?? Task.CompletedTask);
            await fixture.Northbound.ApplyAllAsync(objects);
            await fixture.SynchronizeAsync();
            return fixture;
        }
        catch
        {
            await fixture.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until northd has translated everything that is in the database now (ovn-nb(5), nb_cfg and sb_cfg).</summary>
    internal async Task SynchronizeAsync()
    {
        var other = Northbound.Other;
        var root = await other.Replica.WaitUntilAsync(snapshot => snapshot.Table<NbGlobal>().FirstOrDefault(), RealizerFixture.Deadline);
        await other.TransactAsync(Row.Mutate<NbGlobal>(root.Uuid, NbGlobal.Columns.NbCfg.Add(1)));
        // Not what was seen before: the realizer raises the number too, and that may have been on its way.
        var asked = other.Snapshot.Table<NbGlobal>().Single().NbCfg;
        await other.Replica.WaitUntilAsync(snapshot => snapshot.Table<NbGlobal>().Single().SbCfg >= asked, RealizerFixture.Deadline);
    }

    /// <summary>Follows a packet from a port of a subnet's switch.</summary>
    internal Task<string> TraceAsync(string subnet, string port, string flow) => Daemon.RunAsync(
        "/usr/bin/ovn-trace", _southbound!.Folder, $"--db={_southbound.Endpoint}", "--summary", $"subnet.{subnet}", $"inport == \"{port}\" && {flow}");

    /// <summary>Follows the first packet of a connection between Nics that <see cref="Objects"/> made.</summary>
    internal Task<string> TraceAsync(Connection connection)
    {
        var (from, to) = (Objects.PlaceOf(connection.From.Nic!), Objects.PlaceOf(connection.To.Nic!));
        var destination = from.Subnet == to.Subnet ? to.Mac : NorthboundNames.RouterMac("v", from.Subnet).ToString();
        return Daemon.RunAsync(
            "/usr/bin/ovn-trace", _southbound!.Folder,
            [$"--db={_southbound.Endpoint}", .. FirstPacket.Arguments(connection, from.Subnet, Objects.PortOf(connection.From.Nic!), from.Mac, destination)]);
    }

    internal Task<string> RunNbctlAsync(params IEnumerable<string> arguments) =>
        Daemon.RunAsync("/usr/bin/ovn-nbctl", _southbound!.Folder, [$"--db={Northbound.Server.Endpoint}", .. arguments]);

    internal Task<string> RunSbctlAsync(params IEnumerable<string> arguments) =>
        Daemon.RunAsync("/usr/bin/ovn-sbctl", _southbound!.Folder, [$"--db={_southbound.Endpoint}", .. arguments]);

    public async ValueTask DisposeAsync()
    {
        await (_northd?.DisposeAsync() ?? default);
        await Northbound.DisposeAsync();
        await (_southbound?.DisposeAsync() ?? default);
    }

    private async Task StartNorthdAsync()
    {
        _southbound = await OvsdbServer.StartAsync(OvsdbServer.SouthboundSchema, "sb");
        await RunSbctlAsync("chassis-add", "node1", "geneve", "127.0.0.1");
        _northd = Daemon.Start(
            "/usr/bin/ovn-northd", _southbound.Folder, $"--ovnnb-db={Northbound.Server.Endpoint}", $"--ovnsb-db={_southbound.Endpoint}",
            $"--unixctl={Path.Combine(_southbound.Folder, "northd.ctl")}");
    }
}
